"""Uplink: sends batches out of the outbox, and removes what a checked acknowledgement settles."""

import asyncio
import gc

from mote import uptime
from mote.errors import MoteError, UplinkError
from mote.log import Log
from mote.network import jitter
from mote.network.connectivity import Connectivity
from mote.unimport import Unimport
from mote.uplink.transport import open_transport
from sealwire._compat import TYPE_CHECKING, const
from sealwire.errors import BAD_SIGNATURE, CODE_NAMES, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mote.configuration.config import Config
    from mote.network.clock import Clock
    from mote.power.watchdog import Pulse
    from mote.storage.outbox import Outbox
    from mote.storage.segment import Kept
    from sealwire.ack_parser import ParsedAck

    from .pace import Pace

    _Results = dict[bytes, tuple[int, int | None]]  # by leaf hash: an `ack` result, and its code

_BATCH_BYTES = const(8192)
_BACKOFF_CAP_MS = const(300_000)
_HEAP_MAX = const(0x3FFFFFFF)

_log = Log("uplink")


class Uplink:
    """Empties the outbox, batch by batch, while the network is up.

    ``challenged`` is called with the kid and the nonce of each challenge that an acknowledgement
    carries, repeated ones too, ``acknowledged`` whenever messages were accepted. ``failures``: batches
    sent in vain · ``least_free``: the least heap that `note_heap` found free, in bytes · ``most``:
    messages in a batch · ``pace``: what batches that failed have taught.
    """

    def __init__(
        self,
        config: "Config",
        outbox: "Outbox",
        clock: "Clock",
        challenged: "Callable[[bytes, bytes], None] | None" = None,
        connectivity: Connectivity | None = None,
        acknowledged: "Callable[[], None] | None" = None,
    ) -> None:
        self._gateway = config.gateway
        self.most = config.upload.batch
        self.pace: Pace | None = None
        self._period_ms = config.upload.period_s * 1000
        self.outbox = outbox
        self._clock = clock
        self._transport = open_transport(config.gateway.url, config.gateway.ca, clock)
        self._challenged = challenged
        self._acknowledged = acknowledged
        self._connectivity = connectivity or Connectivity()
        self.failures = 0
        self.least_free = _HEAP_MAX

    @property
    def needs_clock(self) -> bool:
        """Whether nothing can be sent before the time is known."""
        return self._transport.needs_clock

    @property
    def pause_ms(self) -> int:
        """How long the gateway wants to be left alone from now on."""
        from_s = self.pace[1] if self.pace else 0
        return max(from_s * 1000 - uptime.milliseconds(), 0)

    async def keep(self, online: asyncio.Event, pulse: "Pulse") -> None:
        """Send for ever: a batch each jittered period, the next at once while more are waiting."""
        backoff = jitter.Backoff(1000, _BACKOFF_CAP_MS)
        await pulse.sleep_ms(jitter.below(self._period_ms))
        while True:
            await pulse.wait(online.wait())
            if self.needs_clock:
                await pulse.wait(self._clock.known.wait())
            wait_ms = jitter.around(self._period_ms)
            pulse.within(self._transport.patience_ms(self.most))
            try:
                if await self.send_batch():
                    wait_ms = self.pause_ms
                if not (self.pace and self.pace[2]):  # else it goes on in spite of a failure
                    backoff.reset()
                    self._connectivity.passed()
            except Exception as error:  # noqa: BLE001 - see `failed`
                wait_ms = backoff.next_ms() + self.pause_ms
                why = self.failed(error)
                self._connectivity.failed(error)
                _log.warning("%s; kept=%d, next in %d ms" % (why, self.outbox.kept, wait_ms))
            await pulse.sleep_ms(wait_ms)

    def failed(self, error: Exception) -> str:
        """Count a batch that was sent in vain; return why.

        Whatever the cause, a fault of the network's or of the flash's, or too little heap: every
        reading of the board still is taken and kept, and goes again later.
        """
        self.failures += 1
        named = isinstance(error, (MoteError, WireError, OSError, ImportError)) and str(error)
        return named or repr(error)  # what nobody foresaw is parsed with its kind

    async def send_batch(self) -> bool:
        """Send one batch and settle it; say whether it moved and more is waiting.

        Raises what it failed by, and what is not settled stays in the outbox.
        """
        count = self.pace[0] if self.pace else self.most
        batch: list[Kept] = []
        try:
            batch = self.outbox.peek(count, _BATCH_BYTES)
            if not batch:
                return False
            count = len(batch)
            more = await self._send(batch)
        except Exception as error:
            if count > 1:
                batch = []  # room
            with Unimport():
                from .pace import learn

                if not learn(self, error, count, batch):
                    raise
            return True
        if self.pace:
            with Unimport():
                from .pace import passed

                self.pace = passed(self.pace, self.most)
        return more

    async def _send(self, batch: "list[Kept]") -> bool:
        answer = await self._transport.post([kept.message for kept in batch])
        self.note_heap()  # the signature check is the board's largest user of short-lived integers
        parsed = self._checked(answer)
        results, challenge = self._believed(parsed, batch), parsed[3]
        del parsed
        moved = self._settle(batch, results, answer)
        if challenge and self._challenged:
            del batch, answer, results  # room for a statement
            self._challenged(*challenge)
        return moved and self.outbox.kept > 0

    def note_heap(self) -> None:
        """Collect garbage, and note how much is free then."""
        gc.collect()
        self.least_free = min(self.least_free, gc.mem_free())

    def _checked(self, answer: bytes) -> "ParsedAck":
        """Check the signature, and return what the gateway says."""
        key = self._gateway.key
        try:
            with Unimport():
                from sealwire import ack_parser

                signed, signature, payload = ack_parser.take_apart(answer, key.alg)
            with Unimport():
                if not key.verify(signed, signature):
                    raise WireError(BAD_SIGNATURE, "the signature is not its key's")
            del signed, signature
            with Unimport():
                from sealwire import ack_parser

                return ack_parser.read(payload, self._gateway.origin)
        except WireError as error:
            raise UplinkError("an acknowledgement that is not the pinned gateway's: %s" % error)

    def _believed(self, parsed: "ParsedAck", batch: "list[Kept]") -> "_Results":
        """Return the word on each message, unless it cannot be true: then none of it counts."""
        now, doubt_ms = self._clock.now(), self._clock.uncertainty_ms or 0
        try:
            with Unimport():
                from sealwire import ack_plausibility

                return ack_plausibility.results(
                    parsed, [kept.message for kept in batch], now, doubt_ms
                )
        except WireError as error:
            self.outbox.pass_over(batch)  # what lies behind it goes first
            raise UplinkError("an acknowledgement that cannot be true, all is kept: %s" % error)

    def _settle(self, batch: "list[Kept]", results: "_Results", answer: bytes) -> bool:
        settled = self.outbox.settle(batch, results, answer)
        kept = self.outbox.kept
        if settled.accepted:
            _log.info("acknowledged %d kept=%d" % (len(settled.accepted), kept))
            self._forget_stated(settled.accepted)
            if self._acknowledged:
                self._acknowledged()
        if settled.refused:
            _log.warning("refused %d kept=%d: %s" % (settled.refused, kept, _causes(results)))
        if settled.retry == len(batch):
            raise UplinkError("the gateway asks to send it again later: %s" % _causes(results))
        return True

    def _forget_stated(self, accepted: "list[Kept]") -> None:
        """Let the log remember the dropped ranges that an accepted statement has carried."""
        if not self.outbox.deliveries.count:
            return  # as almost always; what reads messages takes heap and time
        with Unimport():
            from sealwire import message, statement

            for kept in accepted:
                content = message.parse(kept.message).content
                if isinstance(content, statement.Statement) and not kept.segment.former:
                    self.outbox.stated(content.account.dropped)


def _causes(results: "_Results") -> str:
    codes = sorted({code for _, code in results.values() if code is not None})
    return ", ".join([CODE_NAMES[code] for code in codes]) or "no outcome for any of the messages"

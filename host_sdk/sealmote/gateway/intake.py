"""Intake: the path of a batch through the gateway, from bytes to a signed acknowledgement.

    1. The body is cut into messages; each is parsed and verified, in worker threads.
    2. The batch is queued for the one writer; a full queue refuses it (BusyError).
    3. The writer decides on each message and appends the new ones to the log.
    4. The writer commits: from here every accepted message is durable, and a leaf.
    5. Only then is the acknowledgement signed and sent.

A crash before 4 leaves nothing of the batch; a crash after it leaves all of it, and the board,
which got no answer, sends it again and is told of the duplicates.

Whatever listener a batch comes in by, it passes here: nothing is promised while it could not be kept, and
the bounds on concurrent work are kept. Verification is the dear part, so who waits for it is told apart:

- A batch's first message goes first, and its rest in pieces; devices that had much verified lately stand
  behind those that had little.
- Once a message is refused, the rest of its batch waits behind everybody else's: one piece at a time, a
  quarter of the time at most, and sources that had little of that lately go first. Boards have no
  bad signatures; whoever sends them costs the others one verification a batch.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from sealmote.crypto import Signer
from sealmote.gateway import accept
from sealmote.gateway.clock import Clock, check_clock
from sealmote.gateway.errors import BatchError, BusyError
from sealmote.gateway.limits.concurrency_limit import ConcurrencyLimit
from sealmote.gateway.limits.fair_queue import FairQueue, Rank, Usage
from sealmote.gateway.store import Store, challenges, devices
from sealmote.gateway.store.leaves import Appender, Message
from sealmote.gateway.store.session import Reader, Transaction
from sealwire import ack
from sealwire.errors import WireError
from sealwire.sequence import split_sequence

MAX_MESSAGES = ack.MAX_OUTCOMES
MAX_BODY = 256 * 1024
_USUAL_BODY = 64 * 1024  # a full batch of readings has 40 kB; cutting up 256 kB may take 0.2 s

_PIECE = 32  # messages that are examined in one go
_SUSPECT_PIECE = 8
_SUSPECT_REST = 3.0  # of the time of a piece, before the next: a quarter of the time is work
# Before one too many is turned away: it would be back at once, and all of them together.
_SUSPECTS_WAIT_S = (2.0, 6.0)
_SHARE = 4  # batches under suspicion have a fourth of all places, one source a fourth of that
_WEIGHT = 10.0  # seconds that a device stands back for each second of work that it had lately

Examined = list[accept.Examined]
T = TypeVar("T")
_Known = dict[bytes, list[devices.Device]]  # by kid


class Intake:
    """Accepts messages for the log `origin` and promises each a checkpoint within `merge_delay_s`.

    `workers` has one thread more than `width`, the pieces that are examined at once. At most `most`
    batches are worked on. `check_ready` raises NotAcceptingError as long as no promise may be made.
    """

    def __init__(
        self,
        store: Store,
        key: Signer,
        origin: str,
        merge_delay_s: float,
        workers: Executor,
        width: int,
        most: int,
        clock: Clock,
        check_ready: Callable[[], None],
        on_acknowledged: Callable[[bytes], None] = lambda _: None,
    ):
        self._store = store
        self._key = key
        self._origin = origin
        self._merge_delay_s = merge_delay_s
        self._clock = clock
        self._check_ready = check_ready
        self._on_acknowledged = on_acknowledged
        self._queue = FairQueue(workers, width)
        self._of_devices = Usage()
        self._places = ConcurrencyLimit("requests", most)
        share = max(1, most // _SHARE)
        self._suspects = FairQueue(workers, 1, _SUSPECT_REST)
        self._of_suspects = Usage()
        self._suspect_places = ConcurrencyLimit(
            "requests with bad messages", share, max(1, share // _SHARE)
        )

    async def take(self, body: bytes, *, several: bool, source: str) -> bytes:
        """Return the signed acknowledgement of what is in a body, once it holds.

        The body is one message, or with `several` 1 to MAX_MESSAGES of them, one after another, at most
        MAX_BODY bytes; `source` says whose it is (of an address: `network_source.source_of`). Raises
        NotAcceptingError, BatchError, BusyError, ClockError or StoreError, and then nothing of the batch
        was taken.
        """
        self._check_ready()
        if len(body) > MAX_BODY:
            raise BatchError(f"the body has more than {MAX_BODY} bytes")
        with ExitStack() as held:
            held.enter_context(self._places.held(source))
            examined, is_suspect = await self._examine(body, several, source, held)
            settled = await asyncio.wrap_future(self._store.write(self._settle, examined))
            seal = partial(ack.seal, self._key, settled)
            if is_suspect:
                sealed = await self._later(source, seal)
            else:
                sealed, _ = await self._queue.run((0.0,), seal)
        self._on_acknowledged(sealed)
        return sealed

    async def _examine(
        self, body: bytes, several: bool, source: str, held: ExitStack
    ) -> tuple[Examined, bool]:
        """Examine what is in a body, piece by piece; say whether anything of it was refused.

        The place in `held` is given up for one among the suspects as soon as that shows.
        """
        began = asyncio.get_running_loop().time()
        known: dict[bytes, list[devices.Device]] = {}
        messages, done = await self._first(body, several, source, (began,), known)
        sender = next((str(item.device) for item in done if isinstance(item, Message)), None)
        is_suspect = sender is None
        while len(done) < len(messages) and not is_suspect:
            piece = messages[len(done) : len(done) + _PIECE]
            rank = (began + _WEIGHT * self._of_devices.of(str(sender)),)
            more, seconds = await self._queue.run(rank, partial(self._piece, piece, known))
            self._of_devices.add(str(sender), seconds)
            done += more
            is_suspect = not all(isinstance(item, Message) for item in more)
        if len(done) < len(messages):
            await self._take_suspects_place(source, held)
        while len(done) < len(messages):
            piece = messages[len(done) : len(done) + _SUSPECT_PIECE]
            done += await self._later(source, partial(self._piece, piece, known))
        return done, is_suspect

    async def _first(
        self, body: bytes, several: bool, source: str, rank: Rank, known: _Known
    ) -> tuple[list[bytes], Examined]:
        """Cut a body into its messages and examine the first; an unusually large one waits its turn."""
        piece = partial(self._cut, body, several, known)
        if len(body) > _USUAL_BODY:
            return await self._later(source, piece)
        return (await self._queue.run(rank, piece))[0]

    async def _later(self, source: str, piece: Callable[[], T]) -> T:
        """Do a piece of work for somebody who sent what is refused, behind everybody else's."""
        result, seconds = await self._suspects.run((self._of_suspects.of(source),), piece)
        self._of_suspects.add(source, seconds)
        return result

    async def _take_suspects_place(self, source: str, held: ExitStack) -> None:
        held.close()
        try:
            held.enter_context(self._suspect_places.held(source))
        except BusyError:
            pause_s = random.uniform(*_SUSPECTS_WAIT_S)  # noqa: S311  # spreads load, guards nothing
            await asyncio.sleep(pause_s)
            raise

    def _cut(self, body: bytes, several: bool, known: _Known) -> tuple[list[bytes], Examined]:
        if not body:
            raise BatchError("the body is empty")
        try:
            messages = split_sequence(body, MAX_MESSAGES) if several else [body]
        except WireError as error:
            raise BatchError(f"the body cannot be cut into messages: {error}") from None
        return messages, self._piece(messages[:1], known)

    def _piece(self, messages: Sequence[bytes], known: _Known) -> Examined:
        return self._store.read(_examine_all, messages, known)

    def _settle(self, transaction: Transaction, examined: Examined) -> ack.Acknowledgement:
        self._check_ready()  # once more: this may have waited, and from here on it is a promise
        now = check_clock(self._clock())  # before anything is kept
        log = Appender(transaction, int(now), int(now + self._merge_delay_s))
        outcomes = accept.settle(log, examined, self._key)
        senders = {item.device for item in examined if isinstance(item, Message)}
        challenge = challenges.give(transaction, senders, int(now))
        return ack.Acknowledgement(self._origin, int(now), log.log_by, outcomes, challenge)


def _examine_all(reader: Reader, messages: Sequence[bytes], known: _Known) -> Examined:
    """Examine messages; a batch is mostly one device's, so each kid is looked up once: into `known`."""

    def with_kid(kid: bytes) -> list[devices.Device]:
        if kid not in known:
            known[kid] = devices.with_kid(reader, kid)
        return known[kid]

    return [accept.examine(raw, with_kid) for raw in messages]

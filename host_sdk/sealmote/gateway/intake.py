"""The path of a batch through the gateway, from bytes to a signed acknowledgement.

    1. Each message is parsed and verified, in a worker thread.
    2. The batch is queued for the one writer; a full queue refuses it (BusyError).
    3. The writer decides on each message and appends the new ones to the log.
    4. The writer commits: from here every accepted message is durable, and a leaf.
    5. Only then is the acknowledgement signed and sent.

A crash before 4 leaves nothing of the batch; a crash after it leaves all of it, and the board,
which got no answer, sends it again and is told of the duplicates.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from sealmote.crypto import Signer
from sealmote.gateway import accept
from sealmote.gateway.errors import ClockError
from sealmote.gateway.store import Store, challenges, devices
from sealmote.gateway.store.leaves import Appender, Message
from sealwire import ack
from sealwire.header import TIME_MAX, TIME_MIN

MAX_MESSAGES = ack.MAX_OUTCOMES
MAX_BODY = 256 * 1024

Clock = Callable[[], float]  # Unix seconds


class Intake:
    """Accepts messages for the log `origin` and promises each a checkpoint within `merge_delay_s`."""

    def __init__(
        self,
        store: Store,
        key: Signer,
        origin: str,
        merge_delay_s: float,
        workers: Executor,
        clock: Clock,
        on_acknowledged: Callable[[bytes], None] = lambda _: None,
    ):
        self._on_acknowledged = on_acknowledged
        self._store = store
        self._key = key
        self._origin = origin
        self._merge_delay_s = merge_delay_s
        self._workers = workers
        self._clock = clock

    async def acknowledge(self, messages: Sequence[bytes]) -> bytes:
        """Return the signed acknowledgement of 1 to MAX_MESSAGES messages, once it holds.

        Raises BusyError, ClockError or StoreError, and then nothing of the batch was taken.
        """
        loop = asyncio.get_running_loop()
        examined = await loop.run_in_executor(self._workers, self._examine, messages)
        settled = await asyncio.wrap_future(self._store.write(self._settle, examined))
        sealed = await loop.run_in_executor(self._workers, ack.seal, self._key, settled)
        self._on_acknowledged(sealed)
        return sealed

    def _examine(self, messages: Sequence[bytes]) -> list[accept.Examined]:
        return self._store.read(_examine_all, messages)

    def _settle(
        self, connection: sqlite3.Connection, examined: list[accept.Examined]
    ) -> ack.Acknowledgement:
        now = self._clock()
        # Before anything is kept: a leaf with such a time could never be acknowledged.
        if not TIME_MIN <= now <= TIME_MAX - self._merge_delay_s:
            raise ClockError(f"the gateway's clock shows {now:.0f} (Unix seconds): set it")
        log = Appender(connection, int(now), int(now + self._merge_delay_s))
        outcomes = accept.settle(log, examined, self._key)
        senders = {item.device for item in examined if isinstance(item, Message)}
        challenge = challenges.give(connection, senders, int(now))
        return ack.Acknowledgement(self._origin, int(now), log.log_by, outcomes, challenge)


def _examine_all(
    connection: sqlite3.Connection, messages: Sequence[bytes]
) -> list[accept.Examined]:
    """Examine a batch; a batch is mostly one device's, so each kid is looked up once."""
    known: dict[bytes, list[devices.Device]] = {}

    def with_kid(kid: bytes) -> list[devices.Device]:
        if kid not in known:
            known[kid] = devices.with_kid(connection, kid)
        return known[kid]

    return [accept.examine(raw, with_kid) for raw in messages]

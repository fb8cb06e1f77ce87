"""Many boards on virtual time beside a real gateway, and the account of every number they used.

The gateway's clock shows the latest time that any board has. Each board has a time server of its
own, for each lives on a clock of its own; the gateway itself does not mind.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sealmote.board import provision
from sealmote.gateway import Gateway, Limits, LogOptions, Options
from sealmote.sim import Board, Conditions, Fault, ForkServer, Host, Network, NtpServer, Weather
from sealmote.sim.environment.conditions import BEGIN_S
from sealwire import message
from sealwire.statement import Statement

ORIGIN = "sealmote.example/farm"
NAME, PORT = "gateway.farm", 80
NTP_NAME, NTP_PORT = "ntp.farm", 123
WIFI = Network("farm", "correct horse")
HEAP_LOOK_S = 3600

# An hour of hundreds of boards passes in minutes: what a gateway bounds in real time would turn away
# boards that on their own clocks come one after another.
_OPTIONS = Options(
    log=LogOptions(merge_delay_s=60.0, checkpoint_period_s=10.0),
    limits=Limits(body_timeout_s=300.0, max_requests=10_000),
)
_KEPT = re.compile(r" outbox: kept (\d+)/(\d+)$")
_SETTLES_WITHIN_S = 7200  # of the board's time
_NICE = 10  # hundreds of boards that compute would starve their own gateway
_PATIENCE_S = 900.0  # it answers, however late
_LAST_BOOTS = 2  # the second states what was dropped since the first stated

Number = tuple[int, int]  # boot and sequence
Run = tuple[int, int, int, int | None, bytes | None]


@dataclass
class Animal:
    """A board of the farm; `kept` has every number that it printed, in order."""

    board: Board
    seed: int
    hosts: tuple[Host, ...]
    thumbprint: bytes = b""
    kept: list[Number] = field(default_factory=list)
    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def hear(self, line: str | None) -> None:
        """Take one line of its serial line."""
        if line is None:
            return
        if found := _KEPT.search(line):
            self.kept.append((int(found[1]), int(found[2])))
        for listener in self.listeners:
            listener(line)

    def conditions(self, faults: tuple[Fault, ...]) -> Conditions:
        """Conditions of its next start."""
        return Conditions(
            virtual=True,
            seed=self.seed,
            faults=faults,
            hosts=self.hosts,
            heap_every_s=HEAP_LOOK_S,
            patience_s=_PATIENCE_S,
        )


@dataclass(frozen=True)
class Account:
    """What became of a board's numbers; every one has to be in `logged` or in `dropped`."""

    sealed: set[Number]
    logged: set[Number]
    dropped: set[Number]

    @property
    def unaccounted(self) -> set[Number]:
        """Numbers of which nobody knows anything."""
        return self.sealed - self.logged - self.dropped


class Farm:
    """A gateway in `folder` and its boards, while the `async with` block runs."""

    def __init__(
        self, folder: Path, boards: int, config: dict[str, Any], firmware: Path | None = None
    ) -> None:
        self._folder = folder
        self._firmware = firmware
        self._count = boards
        self._config = config
        self._held = AsyncExitStack()
        self.animals: list[Animal] = []

    async def __aenter__(self) -> Self:
        """Make everything, and start the gateway."""
        Gateway.create(self._folder / "gateway", ORIGIN, _OPTIONS).close()
        self._gateway = Gateway(self._folder / "gateway", self._now_s)
        await self._gateway.start()
        self._held.push_async_callback(self._stop)
        fork_server = self._held.enter_context(ForkServer(nice=_NICE))
        for number in range(1, self._count + 1):
            self.animals.append(await self._make(number, fork_server))
        return self

    async def __aexit__(self, *what: object) -> None:
        await self._held.aclose()

    async def _stop(self) -> None:
        await self._gateway.stop()
        self._gateway.close()

    def _now_s(self) -> float:
        times = [animal.board.shared_state.now_us / 1e6 for animal in self.animals]
        return max([float(BEGIN_S), *times])  # a board has no time before its first start

    async def _make(self, number: int, fork_server: ForkServer) -> Animal:
        board = Board.create(
            self._folder / f"board-{number}",
            mac=b"\x02\x5e\xa1" + number.to_bytes(3, "big"),
            wifi=[WIFI],
            weather=Weather.recorded(start_hour=7.0 * number),
            launcher=fork_server,
        )
        board.install(self._firmware, self._pinned(self._config))
        clock = NtpServer(clock=lambda: board.shared_state.now_us * 1000)
        ntp = await self._held.enter_async_context(clock)
        port = int(self._gateway.url.rpartition(":")[2])
        hosts = (Host(NAME, PORT, port), Host(NTP_NAME, NTP_PORT, ntp.port))
        animal = Animal(board, number, hosts)
        repl = _Repl(board, animal.conditions(()))
        identity = await asyncio.to_thread(provision.identity, repl)
        self._gateway.add_device(identity.key, unproven=True)
        animal.thumbprint = identity.key.thumbprint()
        board.serial.listen(animal.hear)
        return animal

    def _pinned(self, config: dict[str, Any]) -> dict[str, Any]:
        pin = provision.GatewayPin(f"http://{NAME}:{PORT}", ORIGIN, self._gateway.ack_key)
        return {**config, "gateway": pin.config()}

    async def run(self, faults_of: Callable[[Animal], tuple[Fault, ...]]) -> None:
        """Have all boards live until one of their faults switches them off for good."""
        await asyncio.gather(*(self._live(animal, faults_of(animal)) for animal in self.animals))

    async def settle(self) -> None:
        """Have every board send all that it keeps, and state all that it dropped."""
        last = {**self._config, "sample": {**self._config["sample"], "count": 1}}
        for animal in self.animals:
            animal.board.install(self._firmware, self._pinned(last))
        for _ in range(_LAST_BOOTS):
            await self.run(lambda _: (Fault("switch-off", at=_SETTLES_WITHIN_S),))

    async def _live(self, animal: Animal, faults: tuple[Fault, ...]) -> None:
        animal.board.start(animal.conditions(faults))
        try:
            await asyncio.to_thread(animal.board.wait_off)
        finally:
            await asyncio.to_thread(animal.board.kill)

    def accounts(self) -> list[Account]:
        """Return what became of every board's numbers."""
        return [self._account(animal) for animal in self.animals]

    def _account(self, animal: Animal) -> Account:
        logged: set[Number] = set()
        dropped: set[Number] = set()
        sealed = set(animal.kept)
        for number, raw in self._entries(animal.thumbprint):
            logged.add(number)
            content = message.parse(raw).content
            if isinstance(content, Statement):
                dropped.update(_numbers(content.account.dropped))
                sealed.update(_of_the_boot_before(content))
        return Account(sealed, logged, dropped)

    def _entries(self, thumbprint: bytes) -> list[tuple[Number, bytes]]:
        database = sqlite3.connect(
            f"file:{self._folder / 'gateway' / 'gateway.sqlite'}?mode=ro", uri=True
        )
        try:
            rows = database.execute(
                "SELECT boot, sequence, raw FROM leaves JOIN devices USING (device) WHERE thumbprint = ?",
                (thumbprint,),
            ).fetchall()
        finally:
            database.close()
        return [((boot, sequence), raw) for boot, sequence, raw in rows]


@dataclass(frozen=True)
class _Repl:
    """A board's REPL under conditions."""

    board: Board
    under: Conditions

    def exec(self, code: str) -> str:
        """Run a snippet."""
        return self.board.exec(code, timeout=60, conditions=self.under)


def _numbers(runs: list[Run]) -> Iterator[Number]:
    for boot, first, last, *_ in runs:
        yield from ((boot, number) for number in range(first, last + 1))


def _of_the_boot_before(statement: Statement) -> Iterator[Number]:
    """All numbers that a statement says the last boot before it used."""
    last = statement.account.previous_last
    if last is not None:
        yield from ((last[0], sequence) for sequence in range(last[1] + 1))

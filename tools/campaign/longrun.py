"""What the soak and the storm let happen to the boards of a farm, and what they count."""

import re
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tools.campaign.farm import NTP_NAME, NTP_PORT, WIFI, Account, Animal, Farm

from sealmote.sim import Fault, HeapUse

DAY_S = 86_400
WEEK_S = 7 * DAY_S

_HOUR_S = 3600
_HEAP_MARGIN = 0.02

_STORM_LIFE_S = 3600
_STORM_AT_S, _STORM_S = 600, 600
_STORM_SHARE = 0.05
_ACKNOWLEDGED = re.compile(r"^I +(\d+)\.\d{3} uplink: acknowledged ")


@dataclass(frozen=True)
class Course:
    """What happens to a board in a soak, in seconds of its life.

    The outbox holds some six hours of readings, so that it has to drop in an outage. `heap_from_s`:
    when the heap is looked at that the end is compared with.
    """

    outage_at_s: int = 3 * DAY_S + 5 * _HOUR_S
    outage_s: int = 12 * _HOUR_S
    outage_every_s: int = WEEK_S
    cut_every_s: int = DAY_S
    outbox_bytes: int = 65_536
    heap_from_s: int = DAY_S


_COURSE = Course()


class Result(Protocol):
    """What a long run found."""

    @property
    def sound(self) -> bool:
        """Whether what has to hold held."""


@dataclass
class Soaked:
    """Numbers of all boards together; heap in bytes, of the board that grew the most."""

    boards: int
    days: float
    sealed: int
    logged: int
    counted_dropped: int
    unaccounted: int
    heap_day1: int
    heap_end: int
    seconds: float

    @property
    def sound(self) -> bool:
        """Every number accounted for, and the heap as it was after a day."""
        steady = abs(self.heap_end - self.heap_day1) <= self.heap_day1 * _HEAP_MARGIN
        return self.unaccounted == 0 and self.logged > 0 and steady


@dataclass
class Stormed:
    """`peak` boards came back in the same second, of `boards`; all `sealed` are in the log."""

    boards: int
    peak: int
    peak_share: float
    first_s: int
    last_s: int
    sealed: int
    logged: int
    unaccounted: int
    seconds: float

    @property
    def sound(self) -> bool:
        """No second too many, and everything there."""
        return self.peak_share <= _STORM_SHARE and self.unaccounted == 0


async def soak(
    folder: Path,
    boards: int,
    days: float,
    course: Course = _COURSE,
    firmware: Path | None = None,
) -> Soaked:
    """Have boards live for so many days, with outages and power cuts."""
    began = time.monotonic()
    # A batch a third of an hour: one acknowledgement to check for every twenty readings.
    async with Farm(folder, boards, _config(1200, course.outbox_bytes), firmware) as farm:
        await farm.run(lambda animal: _life(animal, days, course))
        looks = [list(animal.board.heap) for animal in farm.animals]
        begin_us = farm.animals[0].board.shared_state.begin_us
        await farm.settle()
        accounts = farm.accounts()
    day1, end = max(
        (_heap_at(look, begin_us + course.heap_from_s * 1_000_000), _heap_at(look, None))
        for look in looks
    )
    return Soaked(boards, days, *_sums(accounts), day1, end, round(time.monotonic() - began, 1))


async def storm(
    folder: Path, boards: int, life_s: int = _STORM_LIFE_S, firmware: Path | None = None
) -> Stormed:
    """Have boards live through ten minutes without a gateway, and see them come back."""
    began = time.monotonic()
    back: dict[int, int] = {}  # by board, the second of the first acknowledgement after the outage
    async with Farm(folder, boards, _config(60, 1 << 19), firmware) as farm:
        for animal in farm.animals:
            animal.listeners.append(partial(_note, animal.seed, back))
        await farm.run(lambda _: _outage(life_s))
        await farm.settle()
        sealed, logged, _, unaccounted = _sums(farm.accounts())
    peak = max(Counter(back.values()).values(), default=boards)
    return Stormed(
        boards,
        peak,
        peak / boards,
        min(back.values(), default=0),
        max(back.values(), default=0),
        sealed,
        logged,
        unaccounted + boards - len(back),
        round(time.monotonic() - began, 1),
    )


def _config(upload_s: int, outbox_bytes: int) -> dict[str, Any]:
    return {
        "wifi": {"ssid": WIFI.ssid, "password": WIFI.password},
        "ntp": {"host": NTP_NAME, "port": NTP_PORT},
        "sample": {"period_s": 60, "sensors": ["bme280"]},
        "outbox": {"max_bytes": outbox_bytes},
        "upload": {"period_s": upload_s},
        "log": "debug",
    }


def _life(animal: Animal, days: float, course: Course) -> tuple[Fault, ...]:
    """Faults of one board: everyone's power fails at another time of the day."""
    every = course.cut_every_s
    return (
        Fault(
            "gateway-down",
            at=course.outage_at_s,
            lasts=course.outage_s,
            every=course.outage_every_s,
        ),
        Fault("power-cut", at=every // 2 + animal.seed * 1231 % (every // 3), every=every, off=90),
        Fault("switch-off", at=days * DAY_S + 2),
    )


def _outage(life_s: int) -> tuple[Fault, ...]:
    return (
        Fault("gateway-down", at=_STORM_AT_S, lasts=_STORM_S),
        Fault("switch-off", at=life_s),
    )


def _note(who: int, back: dict[int, int], line: str) -> None:
    found = _ACKNOWLEDGED.match(line)
    if found and int(found[1]) >= _STORM_AT_S + _STORM_S:
        back.setdefault(who, int(found[1]))


def _heap_at(looks: list[HeapUse], moment_us: int | None) -> int:
    """Bytes in use at the last look up to a moment, the very last without one."""
    until = [look for look in looks if moment_us is None or look.now_us <= moment_us + 2_000_000]
    return until[-1].used if until else 0


def _sums(accounts: list[Account]) -> tuple[int, int, int, int]:
    """Return how many numbers were sealed, logged, dropped and counted, and unaccounted for."""
    return (
        sum(len(account.sealed) for account in accounts),
        sum(len(account.sealed & account.logged) for account in accounts),
        sum(len((account.sealed - account.logged) & account.dropped) for account in accounts),
        sum(len(account.unaccounted) for account in accounts),
    )

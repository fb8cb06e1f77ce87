"""Conditions of one start of a board: clock, seed, faults, host names, heap."""

from dataclasses import dataclass
from typing import Any

from sealmote.sim.environment.faults import Fault, to_json
from sealmote.sim.errors import HardwareError

BEGIN_S = 1_798_761_600
"""When virtual time begins on a new board: 2027-01-01, in Unix seconds."""

CHIPS_HEAP_BYTES = (65_536 + 115_000) * 131 // 94
"""What MicroPython's heap can grow to on an ESP32-C3, before Wi-Fi: its first piece, and the largest.

In bytes of a 64-bit interpreter: what takes 94 KiB on a chip takes 131 there (docs/decisions/heap.md).
"""

_HEAP_BYTES_MIN = 16384
_SIMULATOR_BYTES = 196_608
"""More heap than the simulator's own modules take."""


@dataclass(frozen=True)
class Host:
    """A name and port of the board's world, and where on this machine they really are."""

    name: str
    port: int
    real_port: int
    real_host: str = "127.0.0.1"


@dataclass(frozen=True)
class Conditions:
    """What a board finds when it is switched on.

    virtual   on a virtual clock nothing sleeps for real: time passes when the board waits, and at
              once, but never while a peer's answer may still come
    seed      the board's random source and its faults follow from it; None: true randomness
    faults    what goes wrong, and when, counted from this start
    hosts     names that only this board knows
    heap_bytes     size that the application's heap may grow to, what the simulator takes not counted;
                   None for all that the interpreter has by itself (2 MiB). A 64-bit interpreter's
                   objects are twice as large as an ESP32's
    heap_every_s   how often the board is to tell how much of its heap is in use (`Board.heap`),
                   0 for never
    patience_s     how long, of real time, a virtual clock stands still for a peer that does not
                   answer: more than the slowest of them ever takes, or runs are not repeatable
    trace     record every flash operation in `trace.bin` of the board's folder, and tell of each
              on the serial line (`sealmote.sim.storage.trace`)
    """

    virtual: bool = False
    seed: int | None = None
    faults: tuple[Fault, ...] = ()
    hosts: tuple[Host, ...] = ()
    heap_bytes: int | None = None
    heap_every_s: int = 0
    patience_s: float = 60.0
    trace: bool = False

    def __post_init__(self) -> None:
        if self.heap_bytes is not None and self.heap_bytes < _HEAP_BYTES_MIN:
            raise HardwareError(f"no board starts on {self.heap_bytes} bytes of heap")
        if self.faults and self.seed is None:
            raise HardwareError("faults need a seed, or nobody could see them again")

    def to_json(self) -> dict[str, Any]:
        """Form that the board's side reads."""
        return {
            "virtual": self.virtual,
            "patience_ms": round(self.patience_s * 1000),
            "heap_bytes": self.heap_bytes or 0,
            "seed": "" if self.seed is None else str(self.seed),
            "faults": to_json(self.faults, self.heap_every_s),
            "hosts": [vars(host) for host in self.hosts],
        }

    @property
    def options(self) -> list[str]:
        """Options of the interpreter's command line."""
        if self.heap_bytes is None:
            return []
        return ["-X", f"heapsize={self.heap_bytes + _SIMULATOR_BYTES}"]

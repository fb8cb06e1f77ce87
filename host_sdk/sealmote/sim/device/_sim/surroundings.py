"""Surroundings of a sensor model: time, air, and its faults.

A model gets this module, and imports none of the simulator's: the host imports the same file to read what
it declares (`sealmote.sim.sensors`).
"""

from _sim import clock, faults, weather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Surroundings(Protocol):
        """This module, as a model sees it."""

        def now_us(self) -> int:
            """Microseconds, never going back."""

        def air(self) -> tuple[float, float, float]:
            """(temperature in °C, relative humidity in %, pressure in Pa) at this moment."""

        def fails(self, kind: str) -> bool:
            """Whether a fault of this kind is in force."""

        def last_failed_us(self, kind: str) -> int | None:
            """When a fault of this kind last began, None if none has yet."""

    class Model(Protocol):
        """A chip on the I2C bus.

        ``pointer`` is the register that the next read begins with, always 0 in a chip without registers.
        """

        pointer: int

        def write(self, data: bytes) -> bool:
            """Take one write transaction; False if the chip does not acknowledge it."""

        def read(self, count: int) -> bytes | None:
            """Give count bytes; None if the chip does not acknowledge its address."""


def now_us() -> int:
    """Microseconds, never going back."""
    return clock.now_us()


def air() -> tuple[float, float, float]:
    """(temperature in °C, relative humidity in %, pressure in Pa) at this moment."""
    return weather.now()


def fails(kind: str) -> bool:
    """Whether a fault of this kind is in force."""
    return faults.active(kind) is not None


def last_failed_us(kind: str) -> int | None:
    """When a fault of this kind last began, None if none has yet."""
    return faults.last_of(kind, clock.now_us())

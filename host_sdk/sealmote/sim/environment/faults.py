"""Faults of a simulated board: their kinds, parameters and written form.

A fault is written KIND:KEY=VALUE,KEY=VALUE, as in "wifi-lost:at=60,for=30". Times are in seconds,
fractions allowed, from the moment at which the board was switched on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sealmote.sim.errors import FaultError

_US: Final = 1_000_000
_FOR_EVER: Final = -1

_LASTING: Final = ("at", "for", "every")
_MOMENTARY: Final = ("at", "every")

# Every kind: what it does, and its keys.
KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "power-cut": (
        "the power fails in a flash operation, left torn: the op-th, or the first after at",
        (*_MOMENTARY, "op", "off"),
    ),
    "switch-off": ("the power goes between two operations, for off or for good", (*_MOMENTARY, "off")),
    "watchdog": ("a watchdog reset", _MOMENTARY),
    "bit-flip": ("one bit of a partition turns over", (*_MOMENTARY, "region")),
    "clock-jump": ("the real-time clock jumps by so many seconds", (*_MOMENTARY, "by")),
    "heap": ("no more than so many bytes of heap are free", (*_LASTING, "free")),
    "wifi-lost": ("no network is in reach", _LASTING),
    "wifi-mute": (
        "the network is joined and passes nothing, with cure=join or radio until that is done anew",
        (*_LASTING, "cure"),
    ),
    "wifi-error": ("the Wi-Fi driver fails for no known reason, in a share of calls", (*_LASTING, "share")),
    "dns-dead": ("names are not resolved, after the time that it takes to give up", _LASTING),
    "gateway-down": ("nobody listens at the gateway: TCP connections are refused", _LASTING),
    "gateway-slow": ("TCP answers come ms milliseconds late", (*_LASTING, "ms")),
    "ack-lost": ("the connection breaks before the answer, in a share of all", (*_LASTING, "share")),
    "i2c-nack": ("I2C transactions are not acknowledged, a share of all", (*_LASTING, "share")),
    "i2c-stuck": ("somebody holds the I2C bus: it times out", _LASTING),
    "i2c-low": (
        "SDA is held low: registers from first to last are read as 00",
        (*_LASTING, "first", "last"),
    ),
    "i2c-floating": (
        "SDA is open: registers from first to last are read as FF",
        (*_LASTING, "first", "last"),
    ),
    "sensor-reset": ("the sensor loses its power for a moment", _MOMENTARY),
    "sensor-stuck": ("the sensor gives the value of its last measurement again", _LASTING),
}  # fmt: skip

OF_SENSORS: Final = ("sensor-reset", "sensor-stuck")
"""Kinds that only some chips can have (`sealmote.sim.sensors`)."""
REGIONS: Final = ("vfs_a", "vfs_b", "vfs", "trial", "data", "identity")
CURES: Final = ("end", "join", "radio")


@dataclass(frozen=True)
class Fault:
    """One fault. Times in seconds; lasting ones are in force for `lasts` from `at` on.

    kind: one of KINDS · at: since the start · lasts: None for ever · every: again after so long,
    None for once · op: the number of a flash operation since the start · off: how long the power
    stays away, None for good · by: how far the clock jumps · share: 0 to 1 · ms, free, region ·
    first, last: registers, 0 to 255 · cure: one of CURES, what ends it early.
    """

    kind: str
    at: float = 0.0
    lasts: float | None = None
    every: float | None = None
    op: int | None = None
    off: float | None = None
    by: float = 0.0
    share: float = 1.0
    ms: int = 0
    free: int = 0
    region: str = "vfs_a"
    first: int = 0
    last: int = 255
    cure: str = "end"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultError(f"no fault is called {self.kind!r}: there are {', '.join(KINDS)}")
        if self.region not in REGIONS:
            raise FaultError(f"{self.kind}: region is one of {', '.join(REGIONS)}")
        if self.cure not in CURES:
            raise FaultError(f"{self.kind}: cure is one of {', '.join(CURES)}")
        if not 0 <= self.share <= 1:
            raise FaultError(f"{self.kind}: share lies between 0 and 1")
        if not 0 <= self.first <= self.last <= 255:
            raise FaultError(f"{self.kind}: first and last are registers, 0 to 255, in this order")
        least = min(self.at, self.lasts or 0, self.off or 0, self.ms, self.free)
        if least < 0 or (self.every is not None and self.every <= 0):
            raise FaultError(f"{self.kind}: only `by` may be negative, and `every` is more than 0")
        if self.op is not None and self.op < 1:
            raise FaultError("power-cut: the first flash operation is number 1")

    @classmethod
    def parse(cls, spec: str) -> "Fault":
        """Read KIND:KEY=VALUE,... FaultError names what is wrong with it."""
        kind, _, rest = spec.partition(":")
        if kind not in KINDS:
            raise FaultError(f"no fault is called {kind!r}: there are {', '.join(KINDS)}")
        known = KINDS[kind][1]
        values: dict[str, Any] = {}
        for item in filter(None, rest.split(",")):
            key, equals, value = item.partition("=")
            if key not in known or not equals:
                raise FaultError(f"{spec}: {kind} takes {', '.join(f'{k}=' for k in known)}")
            values["lasts" if key == "for" else key] = _value(spec, key, value)
        return cls(kind, **values)

    def to_json(self, index: int) -> dict[str, Any]:
        """Form that the board's side reads: microseconds, -1 for ever or never, 0 for once."""
        return {
            "kind": self.kind,
            "index": index,
            "at_us": round(self.at * _US),
            "for_us": _FOR_EVER if self.lasts is None else round(self.lasts * _US),
            "every_us": 0 if self.every is None else round(self.every * _US),
            "op": -1 if self.op is None else self.op,
            "off_us": _FOR_EVER if self.off is None else round(self.off * _US),
            "by_us": round(self.by * _US),
            "share": self.share,
            "ms": self.ms,
            "free": self.free,
            "region": self.region,
            "first": self.first,
            "last": self.last,
            "cure": self.cure,
        }


def _value(spec: str, key: str, text: str) -> float | int | str:
    if key in ("region", "cure"):
        return text
    try:
        if key in ("first", "last"):
            return int(text, 0)  # registers are written in hexadecimal
        return int(text) if key in ("op", "ms", "free") else float(text)
    except ValueError as error:
        raise FaultError(f"{spec}: {text!r} is no number for {key}") from error


def to_json(faults: Sequence[Fault], heap_every_s: int) -> list[dict[str, Any]]:
    """All faults for the board's side, and the looks at its heap, which come about the same way."""
    found = [fault.to_json(index) for index, fault in enumerate(faults)]
    if heap_every_s:
        look = Fault("switch-off", at=heap_every_s, every=heap_every_s).to_json(-1)
        found.append({**look, "kind": "heap-look"})
    return found


def explain() -> str:
    """Every kind in a line or two, for people."""
    return "\n\n".join(
        f"{kind}:{','.join(f'{key}=' for key in keys)}  {text}"
        for kind, (text, keys) in KINDS.items()
    )

"""Faults in force at this moment, of those that the host has set (sealmote.sim.environment.faults)."""

from _sim import clock, hardware

_origin_us = hardware.integer("faults_from_us")
_all = hardware.records("faults")


def of(kind: str) -> list[dict[str, object]]:
    """Return the faults of a kind."""
    return [fault for fault in _all if fault["kind"] == kind]


def number(fault: dict[str, object], name: str) -> int:
    """Look up an integer of a fault."""
    value = fault[name]
    assert isinstance(value, int)
    return value


def last_begin(fault: dict[str, object], now: int) -> int | None:
    """When a fault last began, None if it has not yet."""
    since = now - _origin_us - number(fault, "at_us")
    if since < 0:
        return None
    every = number(fault, "every_us")
    return now - (since % every if every else since)


def last_of(kind: str, now: int) -> int | None:
    """When a fault of this kind last began, None if none has yet."""
    begun = [begin for begin in [last_begin(one, now) for one in of(kind)] if begin is not None]
    return max(begun) if begun else None


def next_begin(fault: dict[str, object], now: int) -> int | None:
    """When a fault begins next, None if it will not."""
    first = _origin_us + number(fault, "at_us")
    if now < first:
        return first
    every = number(fault, "every_us")
    return first + ((now - first) // every + 1) * every if every else None


def end(fault: dict[str, object], begin: int) -> int:
    """When a fault that began then is over."""
    lasts = number(fault, "for_us")
    return begin + (lasts if lasts >= 0 else 1 << 60)


def active(kind: str) -> dict[str, object] | None:
    """Return a fault of this kind that is in force now."""
    if not _all:
        return None
    now = clock.now_us()
    for fault in of(kind):
        begin = last_begin(fault, now)
        if begin is not None and now < end(fault, begin):
            return fault
    return None

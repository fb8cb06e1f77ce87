"""What a board counts, by name: the counters of a statement (docs/spec/wire.md, "Counters")."""

from collections.abc import Sequence

NAMES = (
    "least_free_heap",
    "uplink_failures",
    "wifi_joins",
    "sensor_failures",
    "dropped",
    "watchdog_resets",
)
_WORDS = (
    ("least free heap", " bytes"),
    ("uplink failures", ""),
    ("Wi-Fi joins", ""),
    ("sensor failures", ""),
    ("numbers given up", ""),
    ("watchdog resets", " since power was lost"),
)


def named(counters: Sequence[int] | None) -> dict[str, int] | None:
    """Return a statement's counters by name, None for a statement without."""
    return None if counters is None else dict(zip(NAMES, counters, strict=True))


def in_words(counters: Sequence[int]) -> list[tuple[str, str]]:
    """Return what each counter counts, and its value."""
    return [
        (label, f"{value}{unit}") for (label, unit), value in zip(_WORDS, counters, strict=True)
    ]

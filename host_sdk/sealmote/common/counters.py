"""The counters of a statement: names, labels and units (docs/spec/wire.md, "Counters")."""

from collections.abc import Sequence

_WORDS = (
    ("least free heap", " bytes"),
    ("uplink failures", ""),
    ("Wi-Fi joins", ""),
    ("sensor failures", ""),
    ("numbers given up", ""),
    ("watchdog resets", " since power was lost"),
)


def in_words(counters: Sequence[int]) -> list[tuple[str, str]]:
    """Return what each counter counts, and its value."""
    return [
        (label, f"{value}{unit}") for (label, unit), value in zip(_WORDS, counters, strict=True)
    ]

"""The counters of a statement: names, labels and units (docs/spec/wire.md, "Counters")."""

from collections.abc import Sequence

_EXPLANATIONS = (
    ("least free heap", " bytes"),
    ("uplink failures", ""),
    ("Wi-Fi joins", ""),
    ("sensor failures", ""),
    ("numbers given up", ""),
    ("watchdog resets", " since power was lost"),
)


def explain(counters: Sequence[int]) -> list[tuple[str, str]]:
    """Return what each counter counts, and its value."""
    return [
        (label, f"{value}{unit}")
        for (label, unit), value in zip(_EXPLANATIONS, counters, strict=True)
    ]

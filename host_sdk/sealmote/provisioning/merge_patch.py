"""Merge new settings into a board's configuration (RFC 7396), and list what changes.

A value that is wished takes the place of the board's, section by section and key by key; null takes it away
(RFC 7396, JSON Merge Patch).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_NONE: Final = "not set"


def merged(kept: Mapping[str, Any], wished: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``kept`` with what is wished. Pins of the board that it was do not outlive another board."""
    found = _patched(kept, wished)
    if "i2c" not in wished and found.get("board") != kept.get("board"):
        found.pop("i2c", None)
    return found


def changes(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a line for each value that is another one, such as "sample.period_s: 60 → 7".

    Neither side is to hold a password.
    """
    before, after = dict(_flat(kept, "")), dict(_flat(now, ""))
    names = sorted(before.keys() | after.keys())
    told = ((name, before.get(name, _NONE), after.get(name, _NONE)) for name in names)
    return [f"{name}: {one} → {other}" for name, one, other in told if one != other]


def _patched(kept: object, patch: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(kept) if isinstance(kept, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _patched(made.get(name), value) if isinstance(value, Mapping) else value
    return made


def _flat(section: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", json.dumps(value, ensure_ascii=False)

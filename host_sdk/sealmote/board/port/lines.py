"""Parse lines of a board's serial output: log events, answers to `status`, sealed messages.

Forms: firmware/mote/log.py and firmware/mote/status.py.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

_EVENT: Final = re.compile(r"([DIWE]) +(\d{1,10}\.\d{3}) (\w{1,32}): (.*)")
# A COSE_Sign1 of ours in hex: tag 18, an array of four (RFC 9052, section 4.2).
_MESSAGE: Final = re.compile(r"\bd284(?:[0-9a-f]{2}){80,1100}\b")
_LONGEST: Final = 8192

LEVELS: Final = {"D": "debug", "I": "info", "W": "warning", "E": "error"}


@dataclass(frozen=True)
class Line:
    """One line without its end; ``seconds`` since boot, as the board wrote them.

    ``level`` is D, I, W or E, None for a line that is no event · ``status`` is the answer to `status`,
    None for any other line · ``messages`` are the sealed messages that the line carries.
    """

    raw: str
    level: str | None = None
    seconds: str | None = None
    module: str | None = None
    text: str | None = None
    status: dict[str, Any] | None = None
    messages: tuple[bytes, ...] = ()


def parse(raw: str) -> Line:
    """Take a line apart. Never raises: what has no known form is passed on as it is."""
    raw = raw[:_LONGEST]
    messages = tuple(bytes.fromhex(found) for found in _MESSAGE.findall(raw))
    if event := _EVENT.fullmatch(raw):
        level, seconds, module, text = event.groups()
        return Line(raw, level, seconds, module, text, messages=messages)
    return Line(raw, status=_status(raw), messages=messages)


def _status(raw: str) -> dict[str, Any] | None:
    if not raw.startswith("{"):
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "version" in found else None

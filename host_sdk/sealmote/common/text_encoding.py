r"""UTF-8 decoding with errors that say what to do, and JSON that MicroPython parses.

MicroPython makes invalid UTF-8 of a JSON string in which a character beyond U+FFFF stands as a pair of
`\u` escapes (extmod/modjson.c takes each half for a character), so JSON for boards has the characters.
"""

import codecs
import json
from typing import Any, Final

from sealmote.errors import SealmoteError

_OTHERS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class TextError(SealmoteError, ValueError):
    """Bytes that are no text, or text that cannot be written in UTF-8."""


def decode(data: bytes) -> str:
    """Return the text of a file, without the byte order mark that some editors put before it.

    Raises TextError, which says what the file is instead of UTF-8.
    """
    if data.startswith(_OTHERS) or 0 in data[:4]:
        raise TextError("it is UTF-16 or UTF-32: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"byte {error.start} is not UTF-8: save it as UTF-8") from None


def json_for_board(value: Any, indent: int | None = None) -> str:
    """Return JSON as MicroPython reads it right. Raises TextError for half a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TextError(
            "a name, a password or another text has half of a surrogate pair (\\ud800 to \\udfff), which"
            " is no character: write the character itself, in UTF-8"
        ) from None
    return text

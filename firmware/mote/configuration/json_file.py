"""JSON files that a person may have written, with whatever editor."""

import json

from mote.errors import ConfigError

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def load(path: str) -> object:
    """Return what a file holds, passing over a byte order mark. Raises OSError, `ConfigError`."""
    with open(path, "rb") as file:
        head = file.read(3)
        if head[:2] in _UTF16_BOMS or 0 in head[:2]:
            raise ConfigError("%s is UTF-16: save it as UTF-8" % path)
        if head != _UTF8_BOM:
            file.seek(0)
        try:
            return json.load(file)
        except ValueError:
            raise ConfigError("%s is not JSON: check commas, quotes and brackets" % path)

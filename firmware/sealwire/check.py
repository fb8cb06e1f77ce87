"""Type and range checks for decoded values; each error names the field."""

from .errors import malformed


def integer(value: object, what: str, low: int, high: int) -> int:
    """Return ``value`` if it is an integer (no bool) within low..high."""
    if type(value) is not int:
        raise malformed("%s is not an integer" % what)
    if not low <= value <= high:
        raise malformed("%s is outside %d..%d" % (what, low, high))
    return value


def octets(value: object, what: str, low: int, high: int) -> bytes:
    """Return ``value`` if it is a byte string of low..high bytes."""
    if not isinstance(value, bytes) or not low <= len(value) <= high:
        raise malformed("%s is not a byte string of %d..%d bytes" % (what, low, high))
    return value


def text(value: object, what: str, low: int, high: int) -> str:
    """Return ``value`` if it is text of low..high characters, all printable ASCII."""
    if not isinstance(value, str) or not low <= len(value) <= high:
        raise malformed("%s is not text of %d..%d characters" % (what, low, high))
    for byte in value.encode():  # not the characters: MicroPython interns each for good
        if not 0x20 <= byte <= 0x7E:
            raise malformed("%s has a character outside printable ASCII" % what)
    return value


def array(value: object, what: str, low: int, high: int) -> list[object]:
    """Return ``value`` if it is an array of low..high items."""
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise malformed("%s is not an array of %d..%d items" % (what, low, high))
    return value


def mapping(
    value: object, what: str, required: tuple[int, ...], optional: tuple[int, ...]
) -> dict[object, object]:
    """Return ``value`` if it is a map with all of the required keys, no unknown one and no null."""
    if not isinstance(value, dict):
        raise malformed("%s is not a map" % what)
    for key in required:
        if key not in value:
            raise malformed("%s has no key %d" % (what, key))
    for key in value:
        if key not in required and key not in optional:
            raise malformed("%s has the unknown key %r" % (what, key))
        if value[key] is None:
            raise malformed("%s has null under key %r" % (what, key))
    return value

"""CBOR sequences (RFC 8742): several messages in one request, cut apart without judging them."""

from ._compat import const
from .errors import malformed

_MAX_DEPTH = const(16)
_INDEFINITE = const(31)
_BREAK = const(0xFF)


def split_sequence(data: bytes, max_items: int) -> list[bytes]:
    """Cut ``data`` into the bytes of its items, each well-formed by RFC 8949 appendix C.

    Items need not be in Sealmote's subset, so that each can be refused on its own. Raises
    `WireError` (malformed) where the data cannot be cut, or holds more than ``max_items``.
    """
    items: list[bytes] = []
    at = 0
    while at < len(data):
        if len(items) == max_items:
            raise malformed("more than %d items in the sequence" % max_items)
        end = _end_of_item(data, at, 0)
        items.append(bytes(data[at:end]))
        at = end
    return items


def _end_of_item(data: bytes, at: int, depth: int) -> int:
    """Return where the item at ``at`` ends."""
    if depth > _MAX_DEPTH:
        raise malformed("CBOR nested deeper than %d" % _MAX_DEPTH)
    major, info, argument, at = _any_head(data, at)
    if info == _INDEFINITE:
        return _end_of_indefinite(data, at, major, depth)
    if major in (2, 3):
        at += argument
        if at > len(data):
            raise malformed("a string that is longer than the data")
        return at
    if major < 4 or major == 7:
        return at
    children = 1 if major == 6 else argument if major == 4 else 2 * argument
    if children > len(data) - at:
        raise malformed("an array or map that is longer than the data")
    for _ in range(children):
        at = _end_of_item(data, at, depth + 1)
    return at


def _end_of_indefinite(data: bytes, at: int, major: int, depth: int) -> int:
    if major in (0, 1, 6, 7):
        raise malformed("a head that cannot be of indefinite length")
    children = 0
    while True:
        if at >= len(data):
            raise malformed("the CBOR item ends early")
        if data[at] == _BREAK:
            break
        if major in (2, 3) and (data[at] >> 5 != major or data[at] & 31 == _INDEFINITE):
            raise malformed("a chunk that is not a string of its kind")
        at = _end_of_item(data, at, depth + 1)
        children += 1
    if major == 5 and children & 1:
        raise malformed("a map with a key and no value")
    return at + 1


def _any_head(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Read a head in whatever length: (major type, additional information, argument, its end)."""
    if at >= len(data):
        raise malformed("the CBOR item ends early")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24 or info == _INDEFINITE:
        return major, info, info, at
    if info > 27:
        raise malformed("a reserved CBOR head")
    end = at + (1 << (info - 24))
    if end > len(data):
        raise malformed("the CBOR item ends early")
    argument = int.from_bytes(data[at:end], "big")
    if major == 7 and info == 24 and argument < 32:
        raise malformed("a simple value in a longer form")
    return major, info, argument, end

"""RLP encoding of transactions (Ethereum Yellow Paper, appendix B).

The package `rlp` brings 17 MB with it (eth-utils, cytoolz); it judges these lines in the tests.
"""

from collections.abc import Sequence
from typing import Final

Item = int | bytes | Sequence["Item"]
"""A number (0 or more; big-endian, without leading zeros), bytes, or a list of items."""

_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT: Final = 55  # bytes of the longest content whose length is in the prefix itself


def encode(item: Item) -> bytes:
    """Return the encoding of an item. Raises OverflowError for a negative number."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _STRING:
            return item
        return _prefix(len(item), _STRING) + item
    content = b"".join(map(encode, item))
    return _prefix(len(content), _LIST) + content


def _prefix(size: int, kind: int) -> bytes:
    if size <= _SHORT:
        return bytes([kind + size])
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([kind + _SHORT + len(length)]) + length

"""Types that several declarations share: counts, times, hashes, addresses."""

from typing import Annotated, Final

from sealmote.models import Hex, Text, Whole

HASH_PATTERN: Final = "[0-9a-f]{64}"

Count = Annotated[int, Whole(0)]
Time = Annotated[int, Whole(0)]
"""Unix seconds."""

Bytes = Annotated[bytes, Hex()]
Hash = Annotated[bytes, Hex(32)]
Address = Annotated[bytes, Hex(20, "0x")]
"""Of an account or a contract."""

ChainHash = Annotated[bytes, Hex(32, "0x")]
"""Of a block or a transaction."""

Mac = Annotated[str, Text("[0-9a-f]{2}(:[0-9a-f]{2})*", "bytes with colons between")]
Range = tuple[Count, Count]
"""Sequence numbers first..last of one boot, both included."""

MessageId = tuple[Count, Count]
"""Boot and sequence number: what names a message of one device."""

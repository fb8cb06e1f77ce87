"""Other encodings of a sound message, which a COSE library may accept and Sealmote must not."""

from collections.abc import Iterator

from tools.vectorkit.given import KEYS, READING, sealed

from sealwire import cbor, cose
from sealwire.keys import curve_of


def reencodings(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what COSE libraries may take for the same message: its outside is not signed."""
    parts = cose.parse(raw, len(raw))
    tag, array, unprotected = b"\xd2", b"\x84", b"\xa0"
    protected, payload = _bstr(parts.protected), _bstr(parts.payload)
    signature = _bstr(parts.signature)
    yield "no tag", raw[1:]
    yield "self-described CBOR", b"\xd9\xd9\xf7" + raw
    yield "in a CWT tag", b"\xd8\x3d" + raw
    yield "trailing byte", raw + b"\x00"
    yield "sent twice", raw + raw
    inner = raw[2:]
    for name, head in _heads(6, 18):
        yield f"tag {name}", head + array + inner
    for name, head in _heads(4, 4):
        yield f"array {name}", tag + head + inner
    yield "array of indefinite length", tag + b"\x9f" + inner + b"\xff"
    yield "array of five", tag + b"\x85" + inner + b"\xf6"
    before, after = tag + array, unprotected + payload + signature
    for name, changed in _strings(parts.protected):
        yield f"protected {name}", before + changed + after
    before, after = before + protected, payload + signature
    for name, head in _heads(5, 0):
        yield f"unprotected {name}", before + head + after
    yield "unprotected of indefinite length", before + b"\xbf\xff" + after
    for name, label in (("kid", b"\xa1\x04\x41\x00"), ("unknown label", b"\xa1\x18\x63\x00")):
        yield f"unprotected with {name}", before + label + after
    before, after = before + unprotected, signature
    for name, changed in _strings(parts.payload):
        yield f"payload {name}", before + changed + after
    before += payload
    for name, changed in _strings(parts.signature):
        yield f"signature {name}", before + changed


def high_s(raw: bytes, key: str) -> bytes:
    """Return the message with the other s that verifies, which anyone can compute."""
    s = int.from_bytes(raw[-32:], "big")
    n = curve_of(KEYS[key].alg).n
    return raw[:-32] + (n - s).to_bytes(32, "big")


def inner_reencodings() -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (name, protected, payload) that a device would have to sign itself to have them."""
    good = cose.parse(sealed(READING), 1024)
    protected, payload = good.protected, good.payload
    yield "header map in a head of 2", b"\xb8\x04" + protected[1:], payload
    yield "header map of indefinite length", b"\xbf" + protected[1:] + b"\xff", payload
    swapped = b"\xa4" + protected[3:6] + protected[1:3] + protected[6:]
    yield "header with keys out of order", swapped, payload
    yield "alg in a head of 2", protected[:2] + b"\x38\x06" + protected[3:], payload
    yield "payload array in a head of 2", protected, b"\x98\x03" + payload[1:]
    yield "payload array of indefinite length", protected, b"\x9f" + payload[1:] + b"\xff"
    yield "bytes behind the payload", protected, payload + b"\x00"


def _heads(major: int, argument: int) -> Iterator[tuple[str, bytes]]:
    """Yield every head for the argument that is longer than the shortest."""
    short = bytearray()
    cbor.encode_head(major, argument, short)
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if size + 1 > len(short):
            head = bytes([major << 5 | info]) + argument.to_bytes(size, "big")
            yield f"in a head of {size + 1}", head


def _strings(content: bytes) -> Iterator[tuple[str, bytes]]:
    for name, head in _heads(2, len(content)):
        yield name, head + content
    yield "in one chunk", b"\x5f" + _bstr(content) + b"\xff"
    yield "in two chunks", b"\x5f" + _bstr(content[:5]) + _bstr(content[5:]) + b"\xff"
    yield "with an empty chunk", b"\x5f\x40" + _bstr(content) + b"\xff"


def _bstr(content: bytes) -> bytes:
    return cbor.encode(content)

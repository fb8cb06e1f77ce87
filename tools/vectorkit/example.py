"""The specification's worked example: one reading down to its bytes."""

from collections.abc import Iterator
from hashlib import sha256

from tools.vectorkit.given import BOARD, READING, SECRETS, sealed

from sealwire import cbor, cose

# How many bytes each line of the example takes, and what they are.
_HEADER = (
    (1, "map of 4"),
    (2, "alg (1): -7, ES256"),
    (3, "content type (3): 112, application/senml+cbor"),
    (10, "kid (4): the thumbprint's first 8 bytes"),
    (2, "CWT claims (15): map of 2"),
    (6, "iat (6): 1764000000, 2025-11-24T16:00:00Z"),
    (10, "cti (7): boot 3, sequence 17"),
)
_PAYLOAD = (
    (1, "array of 3 records"),
    (1, "map of 4"),
    (3, 'name (0): "t"'),
    (5, 'unit (1): "Cel"'),
    (7, "value (2): 4([-2, 2150]), 21.50"),
    (6, "base time (-3): 1764000000"),
    (1, "map of 3"),
    (3, 'name (0): "h"'),
    (5, 'unit (1): "%RH"'),
    (7, "value (2): 4([-2, 4512]), 45.12"),
    (1, "map of 3"),
    (3, 'name (0): "p"'),
    (4, 'unit (1): "Pa"'),
    (4, "value (2): 65311"),
)


def example() -> str:
    """Return the specification's worked example: one reading down to its bytes."""
    raw = sealed(READING)
    parts = cose.parse(raw, len(raw))
    lines = ["```text", f"secret key        {SECRETS['board'][1].hex()}"]
    lines += [
        f"public key, x     {BOARD.public.x.hex()}",
        f"            y     {BOARD.public.y.hex()}",
    ]
    lines += [f"thumbprint        {BOARD.public.thumbprint().hex()}", ""]
    lines += [f"message, {len(raw)} bytes:", *_dump(raw, parts), ""]
    lines += ["Sig_structure:", *_wrapped(parts.sig_structure()), ""]
    lines += [f"SHA-256 of it     {sha256(parts.sig_structure()).hexdigest()}"]
    lines += [f"leaf hash         {cose.leaf_hash(raw).hex()}", "```", ""]
    return "\n".join(lines)


def _dump(raw: bytes, parts: cose.Sign1) -> Iterator[str]:
    protected = _annotated(parts.protected, _HEADER)
    payload = _annotated(parts.payload, _PAYLOAD)
    yield from (_line(raw[:1], "tag 18, COSE_Sign1"), _line(raw[1:2], "array of 4"))
    yield _line(cbor.encode(parts.protected)[:2], f"protected header, {len(parts.protected)} bytes")
    yield from protected
    yield _line(b"\xa0", "no unprotected header")
    yield _line(cbor.encode(parts.payload)[:2], f"payload, {len(parts.payload)} bytes")
    yield from payload
    yield _line(b"\x58\x40", "signature, 64 bytes")
    yield from (_line(parts.signature[:32], "r"), _line(parts.signature[32:], "s"))


def _annotated(data: bytes, pieces: tuple[tuple[int, str], ...]) -> Iterator[str]:
    at = 0
    for size, meaning in pieces:
        yield _line(data[at : at + size], meaning, "   ")
        at += size
    assert at == len(data), f"the example's pieces are {at} of {len(data)} bytes"


def _line(data: bytes, meaning: str, indent: str = "") -> str:
    shown = [data[at : at + 16].hex() for at in range(0, len(data), 16)]
    rest = "".join(f"\n{indent}{more}" for more in shown[1:])
    return f"{indent + shown[0]:<36}{meaning}{rest}"


def _wrapped(data: bytes) -> Iterator[str]:
    return (data[at : at + 32].hex() for at in range(0, len(data), 32))

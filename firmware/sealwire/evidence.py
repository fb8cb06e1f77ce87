"""Evidence of equivocation: two messages that a device signed under one identity, signed by the gateway."""

from . import cbor, check, envelope
from ._compat import TYPE_CHECKING
from .errors import malformed
from .message import MAX_MESSAGE, parse

if TYPE_CHECKING:
    from .keys import PublicKey, Signer

MEDIA_TYPE = "application/vnd.sealmote.evidence+cbor"
MAX_EVIDENCE = 2 * MAX_MESSAGE + 256


def seal(key: "Signer", first: bytes, second: bytes) -> bytes:
    """Sign the pair with the gateway's key; returns the message. Raises `WireError` for no such pair."""
    _check_pair(first, second)
    return envelope.seal(key, MEDIA_TYPE, cbor.encode([first, second]))


def open_evidence(data: bytes, key: "PublicKey") -> tuple[bytes, bytes]:
    """Return the two messages. Raises `WireError` unless ``key`` signed a pair that conflicts.

    Whether one device key made both signatures is for the caller to check, who knows the key.
    """
    return parse_pair(envelope.open_payload(data, key, MEDIA_TYPE, MAX_EVIDENCE))


def parse_pair(payload: bytes) -> tuple[bytes, bytes]:
    """Read a payload. Raises `WireError` (malformed) unless it is two messages that conflict."""
    pair = check.array(cbor.decode(payload), "the evidence", 2, 2)
    first = check.octets(pair[0], "the first message", 1, MAX_MESSAGE)
    second = check.octets(pair[1], "the second message", 1, MAX_MESSAGE)
    _check_pair(first, second)
    return first, second


def _check_pair(first: bytes, second: bytes) -> None:
    one, other = parse(first), parse(second)
    numbers = [(m.header.kid, m.header.boot, m.header.sequence) for m in (one, other)]
    if numbers[0] != numbers[1]:
        raise malformed("two messages of different numbers are no evidence")
    if one.sign1.sig_structure() == other.sign1.sig_structure():
        raise malformed("two signatures over the same bytes are a duplicate, no evidence")

"""Registration: a key's own consent to enter a registry (docs/spec/wire.md, "Registration").

The payload is an array of five byte strings of fixed length, so that a contract can rebuild the signed
bytes from constants:

    85  5820 chain id  54 contract  54 owner  5820 nonce  48 deadline          all big-endian
"""

from . import cbor, check, envelope
from ._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from .keys import PublicKey, Signer

MEDIA_TYPE = "application/vnd.sealmote.registration+cbor"
MAX_REGISTRATION = 512


class Terms:
    """What the key consents to: to be ``owner``'s in the registry ``contract`` of chain ``chain_id``.

    ``chain_id`` and ``nonce`` are 0..2**256-1, ``contract`` and ``owner`` 20 bytes, ``deadline`` Unix
    seconds in 0..2**64-1. Chain 0 with the zero contract is a gateway's own registry, on no chain.
    """

    def __init__(
        self, chain_id: int, contract: bytes, owner: bytes, nonce: int, deadline: int
    ) -> None:
        self.chain_id = chain_id
        self.contract = contract
        self.owner = owner
        self.nonce = nonce
        self.deadline = deadline

    def encode(self) -> bytes:
        """Return the payload to sign. Raises `WireError` or OverflowError for a value out of range."""
        payload = cbor.encode(
            [
                _uint(self.chain_id, "the chain id", 32),
                self.contract,
                self.owner,
                _uint(self.nonce, "the nonce", 32),
                _uint(self.deadline, "the deadline", 8),
            ]
        )
        Terms.parse(payload)
        return payload

    @staticmethod
    def parse(payload: bytes) -> "Terms":
        """Read a payload. Raises `WireError` (malformed) unless it is exactly the five strings."""
        parts = check.array(cbor.decode(payload), "the terms", 5, 5)
        return Terms(
            int.from_bytes(check.octets(parts[0], "the chain id", 32, 32), "big"),
            check.octets(parts[1], "the contract", 20, 20),
            check.octets(parts[2], "the owner", 20, 20),
            int.from_bytes(check.octets(parts[3], "the nonce", 32, 32), "big"),
            int.from_bytes(check.octets(parts[4], "the deadline", 8, 8), "big"),
        )


def seal(key: "Signer", terms: Terms) -> bytes:
    """Sign the terms with the key that is to be registered; returns the message."""
    return envelope.seal(key, MEDIA_TYPE, terms.encode())


def open_terms(data: bytes, key: "PublicKey") -> Terms:
    """Return the terms that ``key`` consented to. Raises `WireError` unless it signed them."""
    return Terms.parse(envelope.open_payload(data, key, MEDIA_TYPE, MAX_REGISTRATION))


def _uint(value: int, what: str, size: int) -> bytes:
    return check.integer(value, what, 0, (1 << (8 * size)) - 1).to_bytes(size, "big")

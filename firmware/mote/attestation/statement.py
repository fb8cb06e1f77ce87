"""A statement made, checked and encoded, one after the other: the code for all at once takes much heap."""

from mote.unimport import Passing
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.device import Parts


def encode(parts: "Parts", nonce: bytes | None) -> bytes:
    """Return a statement to seal; ``nonce``: of the challenge that it answers, or None.

    Raises `WireError` for what a gateway would refuse.
    """
    with Passing():
        made = _make(parts, nonce)
    with Passing():
        _check(made)
    from sealwire import cbor  # here and below: a name holds a module until its function returns

    return cbor.encode(made)


def _make(parts: "Parts", nonce: bytes | None) -> dict[int, object]:
    from mote.attestation import statement_claims

    return statement_claims.claims(parts, nonce)


def _check(made: dict[int, object]) -> None:
    from sealwire import statement, statement_claims

    statement_claims.read(made, statement.CONTENT_FORMAT)

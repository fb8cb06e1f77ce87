"""Device message: a sealed reading or a statement (docs/spec/wire.md)."""

from . import cose, senml, senml_codec, statement, statement_claims
from ._compat import TYPE_CHECKING
from .errors import UNSUPPORTED_CONTENT, WRONG_ALGORITHM, WireError, malformed
from .header import Header
from .keys import ES256, ES256K
from .sealer import MAX_MESSAGE as MAX_MESSAGE  # noqa: PLC0414 - part of this module too
from .sealer import Sealer

if TYPE_CHECKING:
    from .keys import Signer


class Message:
    """A message that parsed whole; its signature is unchecked until `cose.Sign1.check` on ``sign1``.

    ``raw`` are its bytes, ``header`` what was signed about it, ``content`` the `senml.Pack` of a
    reading or the `statement.Statement`.
    """

    def __init__(
        self,
        raw: bytes,
        sign1: cose.Sign1,
        header: Header,
        content: "senml.Pack | statement.Statement",
    ) -> None:
        self.raw = raw
        self.sign1 = sign1
        self.header = header
        self.content = content


def parse(data: bytes) -> Message:
    """Read a message. Raises `WireError` for any bytes but those that `seal` could have made."""
    sign1 = cose.parse(data, MAX_MESSAGE)
    header = Header.parse(sign1.protected)
    if header.alg not in (ES256, ES256K):
        raise WireError(WRONG_ALGORITHM, "the algorithm %d is not ES256 or ES256K" % header.alg)
    content: senml.Pack | statement.Statement
    if header.content_type == senml.CONTENT_FORMAT:
        content = senml_codec.parse(sign1.payload)
        if (header.iat is None) != (content.base_time is None):
            raise malformed("iat and base time go together: both, or neither while unset")
    elif header.content_type in statement.RANGE_PARTS:
        content = statement_claims.parse(sign1.payload, header.content_type)
    else:
        raise WireError(
            UNSUPPORTED_CONTENT, "content type %d is no reading or statement" % header.content_type
        )
    return Message(data, sign1, header, content)


def seal(
    key: "Signer",
    content: "senml.Pack | statement.Statement",
    boot: int,
    sequence: int,
    iat: int | None,
) -> bytes:
    """Sign one thing, as `sealer.Sealer.seal` does; who seals often keeps a `Sealer`."""
    sealer = Sealer(key)
    if isinstance(content, senml.Pack):
        return sealer.seal(content, boot, sequence, iat)
    return sealer.seal(
        statement_claims.encode(content), boot, sequence, iat, content.content_format
    )

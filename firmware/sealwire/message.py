"""What a device signs and sends: a sealed reading or a statement (docs/spec/wire.md)."""

from . import cose, senml, statement
from ._compat import TYPE_CHECKING
from .errors import TOO_LARGE, UNSUPPORTED_CONTENT, WRONG_ALGORITHM, WireError, malformed
from .header import Header
from .keys import ES256, ES256K

if TYPE_CHECKING:
    from .keys import Signer

MAX_MESSAGE = 1024


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
        content = senml.Pack.parse(sign1.payload)
        if (header.iat is None) != (content.base_time is None):
            raise malformed("iat and base time go together: both, or neither while unset")
    elif header.content_type == statement.CONTENT_FORMAT:
        content = statement.Statement.parse(sign1.payload)
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
    """Sign ``content`` as number (boot, sequence); returns the message.

    The caller sees to it that no number is used twice. ``iat`` in Unix seconds, None while the clock
    is unset. Raises `WireError` for what `parse` would refuse.
    """
    content_type = statement.CONTENT_FORMAT
    if isinstance(content, senml.Pack):
        content_type = senml.CONTENT_FORMAT
        if (iat is None) != (content.base_time is None):
            raise malformed("iat and base time go together: both, or neither while unset")
    header = Header(key.alg, content_type, key.public.kid(), iat, boot, sequence)
    raw = cose.sign(key, header.encode(), content.encode()).encode()
    if len(raw) > MAX_MESSAGE:
        raise WireError(
            TOO_LARGE, "a message of %d bytes; %d is the most" % (len(raw), MAX_MESSAGE)
        )
    return raw

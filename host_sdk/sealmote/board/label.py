"""Device labels: a public key as a URN, which stands on a board's case as text and as a QR code.

    urn:ietf:params:oauth:ckt:sha-256:THUMBPRINT?=key=COSE_KEY

The thumbprint's URI is RFC 9679's ("COSE Key Thumbprint URIs"), the key is in the URN's q-component
(RFC 8141, section 2.3.2); both values are base64url without padding. Whoever scans it can check the key
against its thumbprint, and look the device up at a gateway.
"""

import base64
import binascii
from typing import Final

from sealmote.board.errors import BoardError
from sealwire.errors import WireError
from sealwire.keys import PublicKey

PREFIX: Final = "urn:ietf:params:oauth:ckt:sha-256:"
_KEY: Final = "?=key="


class LabelError(BoardError):
    """A label that is none, or a file that it cannot be written to."""


def uri(key: PublicKey) -> str:
    """Return the URI of a device's key."""
    return f"{PREFIX}{_encode(key.thumbprint())}{_KEY}{_encode(key.cose())}"


def parse(text: str) -> PublicKey:
    """Return the key in a URI. Raises LabelError unless key and thumbprint agree."""
    thumbprint, separator, key = text.removeprefix(PREFIX).partition(_KEY)
    if not text.startswith(PREFIX) or not separator:
        raise LabelError(f"{text[:60]!r} is no device's label: it begins with {PREFIX}")
    try:
        found = PublicKey.parse(_decode(key))
    except (binascii.Error, ValueError, WireError) as error:
        raise LabelError(f"the label's key does not parse ({error}): scan it again") from error
    if _encode(found.thumbprint()) != thumbprint:
        raise LabelError("the label's key and its thumbprint disagree: scan it again")
    return found


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(data) != text:
        raise ValueError("its base64url is not canonical")
    return data

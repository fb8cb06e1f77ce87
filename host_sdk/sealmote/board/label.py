"""Device labels: a public key as a URN, as text and as a QR code.

    urn:ietf:params:oauth:ckt:sha-256:THUMBPRINT?=key=COSE_KEY

The thumbprint's URI is RFC 9679's ("COSE Key Thumbprint URIs"), the key is in the URN's q-component
(RFC 8141, section 2.3.2); both values are base64url without padding. Whoever scans it can check the key
against its thumbprint, and look the device up at a gateway.
"""

import base64
import binascii
import io
from pathlib import Path
from typing import Final

import segno

from sealmote.board.errors import BoardError
from sealwire.errors import WireError
from sealwire.keys import PublicKey

PREFIX: Final = "urn:ietf:params:oauth:ckt:sha-256:"
_KEY: Final = "?=key="
_SCALE: Final = 4  # units a module, in files
_SUFFIXES: Final = (".svg", ".png")


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


def terminal(key: PublicKey) -> str:
    """Return the QR code as text for a terminal, two modules a character."""
    drawn = io.StringIO()
    _code(key).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()


def check_name(file: Path) -> None:
    """Raise LabelError unless `save` can write a file of that name."""
    if file.suffix.lower() not in _SUFFIXES:
        raise LabelError(f"{file} is no file for a QR code: name one that ends in .svg or .png")
    if not file.absolute().parent.is_dir():
        raise LabelError(f"there is no folder for {file}: make it, or name another file")


def save(key: PublicKey, file: Path) -> None:
    """Write the QR code to a new or old .svg or .png file. Raises LabelError."""
    check_name(file)
    try:
        _code(key).save(str(file), scale=_SCALE)
    except OSError as error:
        raise LabelError(f"cannot write {file} ({error.strerror}): name another file") from error


def _code(key: PublicKey) -> segno.QRCode:
    return segno.make_qr(uri(key), error="m")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(data) != text:
        raise ValueError("its base64url is not canonical")
    return data

"""TLS context with pinned CA certificates, and mbedTLS's errors as text."""

import ssl
from binascii import a2b_base64

from mote.errors import UplinkError
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = b"-----BEGIN CERTIFICATE-----"

# By mbedTLS's number (include/mbedtls/ssl.h). It does not tell one fatal alert from another, and some
# servers send none.
_ENDED = (
    "the server ended the handshake; a board speaks TLS 1.2, with ECDHE and P-256: is that one for"
    " TLS 1.3 alone?"
)
_CAUSES = {
    -0x6E80: _ENDED,  # BAD_PROTOCOL_VERSION
    -0x7200: "the server does not answer in TLS; check scheme and port of gateway.url",  # INVALID_RECORD
    -0x7280: _ENDED,  # CONN_EOF
    -0x7780: _ENDED,  # FATAL_ALERT_MESSAGE
}


def context(ca: str) -> ssl.SSLContext:
    """Return what checks a server against every certificate in the file ``ca``. Raises `UplinkError`.

    The file has them one after another, all in DER or all in PEM.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # not in the stub
    try:
        with open(ca, "rb") as file:
            data = file.read()
        if not data:
            raise ValueError("it is empty")
        for one in _from_pem(data) if _BEGIN in data else _from_der(data):
            made.load_verify_locations(cadata=one)  # added to those before it
    except (OSError, ValueError, IndexError) as error:
        raise UplinkError("gateway.ca: %s holds no certificates in DER or PEM: %s" % (ca, error))
    return made


def _from_pem(data: bytes) -> "Iterator[bytes]":
    """Decode blocks of text (RFC 7468 section 5): not every build of mbedTLS for a board does."""
    for block in data.split(_BEGIN)[1:]:
        yield a2b_base64(block.split(b"-----END")[0])


def _from_der(data: bytes) -> "Iterator[bytes]":
    """Cut a row of DER values apart by their lengths (ITU-T X.690 section 8.1.3)."""
    while data:
        octets = data[1] - 128 if 128 < data[1] < 132 else 0
        size = int.from_bytes(data[2 : 2 + octets], "big") if octets else data[1]
        yield data[: 2 + octets + size]
        data = data[2 + octets + size :]


def explained(error: Exception) -> Exception:
    """Return what to raise for an error of a TLS connection: itself, if it is none of mbedTLS's."""
    if isinstance(error, ValueError):  # its report on a certificate, a reason a line
        text = str(error).strip()
        return UplinkError("TLS: %s; does gateway.ca hold this gateway's CA?" % text)
    number = (isinstance(error, OSError) and error.errno) or 0
    if number > -256:  # as in MicroPython, extmod/modtls_mbedtls.c
        return error
    return UplinkError("TLS: " + _CAUSES.get(number, str(error)))

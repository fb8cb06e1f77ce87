"""TLS to the gateway, whose certificate one pinned CA has signed."""

import ssl

from mote.errors import UplinkError


def context(ca: str) -> ssl.SSLContext:
    """Return what checks a server against the certificate in the file ``ca``. Raises `UplinkError`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # not in the stub
    try:
        with open(ca, "rb") as file:
            made.load_verify_locations(cadata=file.read())
    except (OSError, ValueError) as error:
        raise UplinkError("gateway.ca: %s is no certificate in DER: %s" % (ca, error))
    return made

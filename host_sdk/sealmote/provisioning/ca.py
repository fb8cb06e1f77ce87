"""CA certificates for an https gateway: read, validate, test against the gateway.

On the board they are one file of DER, a certificate after another (firmware/mote/uplink/tls.py), under
a name of their digest: an older configuration goes on with its own until the new one is in its place.
"""

import hashlib
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import urlsplit

from sealmote.common.timestamps import moment
from sealmote.provisioning.errors import InputError, TargetError

if TYPE_CHECKING:
    from cryptography import x509

_LARGEST: Final = 8192  # bytes: what a board can hold beside a TLS connection, and five large roots
_TIMEOUT_S: Final = 10
_NAME: Final = re.compile(r"/data/ca-[0-9a-f]{16}\.der")


@dataclass(frozen=True)
class Ca:
    """One or more certificates in DER, and the file that they came from."""

    certificates: tuple[bytes, ...]
    file: Path

    @property
    def content(self) -> bytes:
        """What lies on the board."""
        return b"".join(self.certificates)

    @property
    def path(self) -> str:
        """Where it lies there."""
        return f"/data/ca-{hashlib.sha256(self.content).hexdigest()[:16]}.der"

    def context(self) -> ssl.SSLContext:
        """Return what trusts these certificates alone, and speaks what a board speaks: TLS 1.2."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.load_verify_locations(cadata=self.content)
        return made


def read(file: Path) -> Ca:
    """Return the certificates in a file, PEM or DER; InputError if one is damaged, or not valid now."""
    try:
        with file.open("rb") as opened:
            data = opened.read(4 * _LARGEST)
    except OSError as error:
        raise InputError(f"cannot read {file} ({error.strerror}): name another --ca") from error
    try:
        found = _parsed(data)
        made = Ca(tuple(_der(one) for one in found), file)
        made.context()
    except (ValueError, ssl.SSLError) as error:
        raise InputError(
            f"{file} holds no certificate, or a damaged one: name the CA's certificate, in PEM or DER"
        ) from error
    for one in found:
        _check_dates(one, file)
    if len(made.content) > _LARGEST:
        raise InputError(
            f"{file} has {len(made.content)} bytes of certificates, and a board takes {_LARGEST}: keep "
            "those of this gateway's CA only"
        )
    return made


def matches(ca: Ca, url: str) -> bool:
    """Say whether the gateway answers and a board would trust it; False if nobody answers there.

    Raises TargetError if somebody does whom a board would not trust.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        host.encode("idna")
    except ValueError as error:  # brackets, a port beyond 65535, a name that no DNS can have
        raise TargetError(
            f"{url} is no address ({error}): give it as in https://gateway.example:8470"
        ) from error
    try:
        with (
            socket.create_connection((host, port), _TIMEOUT_S) as plain,
            ca.context().wrap_socket(plain, server_hostname=host),
        ):
            return True
    except ssl.SSLCertVerificationError as error:
        raise TargetError(
            f"a board that trusts {ca.file} would not trust {url} ({error.verify_message}): name with --ca "
            "the certificate of the CA that signed this gateway's, and with --url a name that is in it"
        ) from error
    except ssl.SSLError as error:
        raise TargetError(
            f"{url} does not speak TLS 1.2, as boards do ({error.reason or error}): check its port, and "
            "allow TLS 1.2 there"
        ) from error
    except OSError:
        return False


def is_ours(path: object) -> TypeGuard[str]:
    """Say whether a path on a board is one that `Ca.path` gives."""
    return isinstance(path, str) and _NAME.fullmatch(path) is not None


def _parsed(data: bytes) -> "list[x509.Certificate]":
    from cryptography import x509  # noqa: PLC0415 - an extra that only --ca has a need of

    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def _der(one: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as above

    return one.public_bytes(Encoding.DER)


def _check_dates(one: "x509.Certificate", file: Path) -> None:
    now = datetime.now(UTC)
    begin, end = one.not_valid_before_utc, one.not_valid_after_utc
    if not begin <= now <= end:
        word, at = ("has expired on", end) if now > end else ("is not valid before", begin)
        raise InputError(
            f"a certificate in {file} {word} {moment(int(at.timestamp()))}: name one that is valid now"
        )

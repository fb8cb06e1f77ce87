"""The operator's bearer token (RFC 6750): whoever can read the gateway's folder may use it over HTTP."""

import hmac
import os
import secrets
from pathlib import Path

from sealmote.common import text_encoding
from sealmote.crypto import read_private
from sealmote.gateway.errors import SettingsError

_SIZE = 32
_MAX_FILE = 256


class Token:
    """The token in a file that its owner alone can read; made with the first use."""

    def __init__(self, path: Path):
        """Read it.

        SettingsError if the file is there and holds no token of ours, KeyFileError if others can read
        it, or we cannot.
        """
        if not path.exists():
            _create(path)
        text = read_private(path, _MAX_FILE)
        try:
            self._secret = bytes.fromhex(text_encoding.decode(text).strip())
        except ValueError as error:
            raise SettingsError(
                f"{path} holds no token: remove it, and a new one is made"
            ) from error
        if len(self._secret) != _SIZE:
            raise SettingsError(f"{path} holds no token: remove it, and a new one is made")

    def allows(self, authorization: str) -> bool:
        """Say whether an Authorization header (RFC 6750 section 2.1) carries the token."""
        scheme, _, given = authorization.partition(" ")
        expected = self._secret.hex().encode()
        # Bytes that are no UTF-8 come as surrogates, which strict encoding would fail on.
        offered = given.strip().encode(errors="surrogateescape")
        return scheme.lower() == "bearer" and hmac.compare_digest(offered, expected)


def _create(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be made ({error.strerror}): serve as the directory's owner"
        ) from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SIZE) + "\n")
    except OSError as error:
        path.unlink(missing_ok=True)  # half a token is none
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): make room on the disk"
        ) from error

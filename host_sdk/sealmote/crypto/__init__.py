"""Signatures on the host: verify, sign, and keep a signing key in a file.

The curve work is done by the quickest of three packages that this machine has: `coincurve` for
secp256k1, `cryptography` for both curves, and `ecdsa`, which is pure Python and always there. The
rules are those of sealwire: SHA-256 over the message, r ‖ s in 64 bytes, and s in the lower half of
the group's order (high-S is refused).
"""

import os
import secrets
import stat
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from sealmote.errors import SealmoteError
from sealwire import cbor, check
from sealwire.errors import WireError, malformed
from sealwire.keys import ES256, ES256K, PublicKey, curve_of, draw_secret

_N = {alg: curve_of(alg).n for alg in (ES256, ES256K)}  # order of each group
# For each algorithm, the quickest first; the last is there on every machine.
_IMPLEMENTATIONS = {
    ES256: ("openssl", "portable"),
    ES256K: ("libsecp256k1", "openssl", "portable"),
}
_RECOVERABLE = ("libsecp256k1", "portable")

# COSE_Key labels (RFC 9052 section 7.1, RFC 9053 section 7.1.1).
_ALG, _D = 3, -4
_MAX_KEY_FILE = 256

_Verifier = Callable[[int, int, bytes], bool]  # r, s, message


class SecretKey(Protocol):
    """A secret key of one curve, made from an algorithm and 32 bytes within 1 … n - 1."""

    point: tuple[int, int]

    def sign(self, message: bytes) -> tuple[int, int]:
        """Return r and s over SHA-256 of the message (RFC 6979); s may be high."""


class RecoverableKey(SecretKey, Protocol):
    """A secp256k1 key that signs for an account of an EVM chain."""

    def sign_recoverable(self, digest: bytes) -> tuple[int, int, int]:
        """Return r, low s and the parity of the nonce point's y over a digest (32 bytes; RFC 6979)."""


class Curves(Protocol):
    """One package's curve work."""

    NAME: str
    SecretKey: Callable[[int, bytes], SecretKey]

    def verifier(self, alg: int, point: bytes) -> _Verifier:
        """Return what verifies under a key: a point of the curve, uncompressed (SEC 1 section 2.3.3)."""


class InvalidKeyError(SealmoteError):
    """A secret that is not 32 bytes within 1 … n - 1, or an algorithm that is not ours."""


class KeyFileError(SealmoteError):
    """A signing key's file that cannot be made, or must not be used."""


def verify(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Return whether `signature` (64 bytes, r ‖ s) over SHA-256 of `message` is by `key`.

    False for any other length, for r or s outside 1 … n - 1 and for high-S. The key needs no
    check here: a PublicKey is always a point of its curve.
    """
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    n = _N[key.alg]
    if not (0 < r < n and 0 < s <= n // 2):
        return False
    return _verifier(key.alg, key.x, key.y)(r, s, message)


# Loading a P-256 key adds four tenths to the time of a verification.
@lru_cache(maxsize=16384)
def _verifier(alg: int, x: bytes, y: bytes) -> _Verifier:
    return curves(alg).verifier(alg, b"\x04" + x + y)


@cache
def curves(alg: int) -> Curves:
    """Return the quickest curve work for an algorithm that this machine has."""
    return _first(_IMPLEMENTATIONS[alg])


def recoverable_key(secret: bytes) -> RecoverableKey:
    """Return an account's key from 32 bytes within 1 … n - 1."""
    return cast("RecoverableKey", _first(_RECOVERABLE).SecretKey(ES256K, secret))


def _first(names: tuple[str, ...]) -> Curves:
    for name in names[:-1]:
        try:
            return cast("Curves", import_module(f"sealmote.crypto.{name}"))
        except ImportError:  # an extra that is not installed, or has no wheel for this machine
            continue
    return cast("Curves", import_module(f"sealmote.crypto.{names[-1]}"))


class Signer:
    """A secret key on the host. `sign` gives what the board's own signer would (RFC 6979)."""

    def __init__(self, alg: int, secret: bytes):
        """Take a 32-byte secret for ES256 or ES256K; InvalidKeyError unless it is in range."""
        _require_known(alg)
        scalar = int.from_bytes(secret, "big")
        if len(secret) != 32 or not 0 < scalar < _N[alg]:
            raise InvalidKeyError(
                "a secret key is 32 bytes, at least 1 and below the curve's order"
            )
        self.alg = alg
        self._secret = secret
        self._key = curves(alg).SecretKey(alg, secret)
        x, y = self._key.point
        self.public = PublicKey(alg, x.to_bytes(32, "big"), y.to_bytes(32, "big"))

    @classmethod
    def generate(cls, alg: int) -> "Signer":
        """Make a fresh key from the operating system's random source."""
        _require_known(alg)
        return cls(alg, draw_secret(alg, secrets.token_bytes))

    def sign(self, message: bytes) -> bytes:
        """Return r ‖ s (64 bytes, low-S) over SHA-256 of `message`."""
        r, s = self._key.sign(message)
        s = min(s, _N[self.alg] - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def save(self, path: Path) -> None:
        """Write the key to a new file that only its owner can read; durable on return.

        Raises KeyFileError if the file exists (a key is never overwritten) or cannot be written.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise KeyFileError(f"{path} exists and is left alone: name another file") from error
        except OSError as error:
            raise KeyFileError(f"cannot create key file {path}: {error.strerror}") from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.cose())
                file.flush()
                os.fsync(file.fileno())
            _sync_directory(path.parent)
        except OSError as error:
            path.unlink(missing_ok=True)  # half a key is no key, and would block the next attempt
            raise KeyFileError(f"cannot write key file {path}: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> "Signer":
        """Read a key file; KeyFileError if others can read it or it is not one whole key."""
        data = read_private(path, _MAX_KEY_FILE)
        try:
            signer = cls._parse(data)
        except (WireError, InvalidKeyError) as error:
            raise KeyFileError(
                f"{path} does not hold one private COSE_Key ({error}):"
                " restore it from a backup, or remove it and make a new key"
            ) from error
        return signer

    @classmethod
    def _parse(cls, data: bytes) -> "Signer":
        fields = cbor.decode(data)
        if not isinstance(fields, dict):
            raise malformed("the key is not a map")
        alg = check.integer(fields.get(_ALG), "the algorithm", min(_N), max(_N))
        signer = cls(alg, check.octets(fields.get(_D), "the secret", 32, 32))
        if signer.cose() != data:
            raise malformed("its other fields are not what belongs to its secret")
        return signer

    def cose(self) -> bytes:
        """Return the private key as COSE_Key with d (-4): what a key file holds. Keep it secret."""
        fields = cbor.decode(self.public.cose())
        assert isinstance(fields, dict)
        return cbor.encode({**fields, _D: self._secret})


def _require_known(alg: int) -> None:
    if alg not in _N:
        raise InvalidKeyError(f"algorithm {alg} is not ES256 (-7) or ES256K (-47)")


def read_private(path: Path, most: int) -> bytes:
    """Read up to `most` bytes of a file that must be closed to everyone but its owner.

    Raises KeyFileError if it is not, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(most)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(f"others can read {path} (mode {mode:04o}): run `chmod 600 {path}`")
    return data


def _sync_directory(path: Path) -> None:
    """Make a new directory entry durable, where directories can be opened at all."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Keys as COSE_Key (RFC 9052 section 7, RFC 9053 section 7.1.1) and their thumbprints (RFC 9679)."""

from hashlib import sha256

from ._compat import TYPE_CHECKING
from .curves import ES256 as ES256  # noqa: PLC0414 - part of this module too
from .curves import ES256K as ES256K  # noqa: PLC0414 - the same
from .curves import P256, SECP256K1, SIGNATURE_SIZE, Curve
from .errors import malformed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from .fast.engine import Engine

    class Verifier(Protocol):
        """What can check a signature: a `PublicKey`, or a faster one on the host."""

        def verify(self, message: bytes, signature: bytes) -> bool:
            """Say whether the signature over the message is this key's."""

    class Signer(Protocol):
        """What can seal: a `SecretKey`, or whatever holds one."""

        @property
        def alg(self) -> int:
            """The algorithm's number."""

        @property
        def public(self) -> "PublicKey":
            """The key that checks its signatures."""

        def sign(self, message: bytes) -> bytes:
            """Return the 64-byte signature over the message."""


ALGORITHM_NAMES = {ES256: "ES256", ES256K: "ES256K"}

KID_SIZE = 8

# Native engines, by algorithm, that compute for the keys of this module (a board's, `use_engine`).
_engines: "dict[int, Engine]" = {}


def use_engine(alg: int, engine: "Engine") -> None:
    """Let a native engine (`sealwire.fast.load`) compute for every key of this algorithm, from now on."""
    _engines[alg] = engine


def curve_of(alg: int) -> Curve:
    """Return the curve that an algorithm signs on. Raises ValueError for any but the two."""
    if alg == ES256:
        return P256
    if alg == ES256K:
        return SECP256K1
    raise ValueError("algorithm %r is neither ES256 (-7) nor ES256K (-47)" % alg)


class PublicKey:
    """A point on the curve of ``alg``; ``x`` and ``y`` are its coordinates, 32 bytes each."""

    def __init__(self, alg: int, x: bytes, y: bytes) -> None:
        if len(x) != 32 or len(y) != 32:
            raise ValueError("a coordinate that is not 32 bytes")
        if not curve_of(alg).contains(int.from_bytes(x, "big"), int.from_bytes(y, "big")):
            raise ValueError("the point is not on the curve")
        self.alg = alg
        self.x = x
        self.y = y
        self._thumbprint = b""

    @staticmethod
    def parse(data: bytes) -> "PublicKey":
        """Read a COSE_Key as `cose` writes it. Raises `WireError` (malformed) for anything else."""
        from . import cosekey  # here and below: a key at work is neither read nor written

        alg, x, y = cosekey.parse(data)
        try:
            key = PublicKey(alg, x, y)
        except ValueError as error:
            raise malformed(str(error))
        if key.cose() != data:
            raise malformed("the key's type, kid or curve does not go with its algorithm and point")
        return key

    def cose(self) -> bytes:
        """Return the COSE_Key: kty, kid, alg, crv, x and y."""
        from . import cosekey

        return cosekey.encode(self)

    def thumbprint(self) -> bytes:
        """Return the 32 bytes by which the key is known: SHA-256 over kty, crv, x, y (RFC 9679, 4.2)."""
        if not self._thumbprint:
            from . import cosekey

            self._thumbprint = sha256(cosekey.required(self)).digest()
        return self._thumbprint

    def kid(self) -> bytes:
        """Return the thumbprint's first 8 bytes: a hint for look-up, never an identity."""
        return self.thumbprint()[:KID_SIZE]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Say whether the 64-byte signature over SHA-256 of the message is this key's, and low-S."""
        digest = sha256(message).digest()
        if self.alg in _engines:
            return _engines[self.alg].verify(self.x, self.y, digest, signature)
        x, y = int.from_bytes(self.x, "big"), int.from_bytes(self.y, "big")
        from . import ecdsa  # here and below: a board with an engine never loads it

        return ecdsa.verify(curve_of(self.alg), x, y, digest, signature)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PublicKey):
            return False
        return self.alg == other.alg and self.x == other.x and self.y == other.y

    def __hash__(self) -> int:
        return hash(self.thumbprint())


class SecretKey:
    """A signing key. It has no text form, so that no log can hold it."""

    def __init__(self, alg: int, secret: bytes) -> None:
        if alg in _engines:
            x, y = _engines[alg].public(secret)
        else:
            x, y = _public(curve_of(alg), secret)
        self.alg = alg
        self.public = PublicKey(alg, x, y)
        self._secret = secret

    @staticmethod
    def generate(alg: int, random: "Callable[[int], bytes]") -> "SecretKey":
        """Make a key from ``random(32)``, drawn again while it is outside 1..n-1 (FIPS 186-5, A.2.2)."""
        return SecretKey(alg, draw_secret(alg, random))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over SHA-256 of the message."""
        digest = sha256(message).digest()
        if self.alg in _engines:
            signature = bytearray(SIGNATURE_SIZE)
            _engines[self.alg].sign(self._secret, digest, signature)
            return bytes(signature)
        from . import ecdsa

        return ecdsa.sign(curve_of(self.alg), int.from_bytes(self._secret, "big"), digest)


def _public(curve: Curve, secret: bytes) -> tuple[bytes, bytes]:
    scalar = int.from_bytes(secret, "big")
    if len(secret) != 32 or not 0 < scalar < curve.n:
        raise ValueError("a secret that is not 32 bytes within 1..n-1")
    from . import points

    x, y = points.affine(curve, points.multiply(curve, scalar, curve.g))
    return x.to_bytes(32, "big"), y.to_bytes(32, "big")


def draw_secret(alg: int, random: "Callable[[int], bytes]") -> bytes:
    """Return 32 bytes of ``random`` that are a secret scalar of the algorithm's curve, 1..n-1."""
    order = curve_of(alg).n.to_bytes(32, "big")
    while True:
        secret = random(32)
        # Compared as bytes: a board's secret is never an integer.
        if bytes(32) < secret < order:
            return secret

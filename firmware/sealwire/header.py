"""Protected header of a device message (docs/spec/wire.md, "Header").

{1: alg, 3: content type, 4: kid, 15: {? 6: iat, 7: cti}}     cti = boot u32 || sequence u32
"""

from . import cbor, check
from ._compat import const
from .bounds import COUNTER_MAX as COUNTER_MAX  # noqa: PLC0414 - part of this module too
from .bounds import TIME_MAX as TIME_MAX  # noqa: PLC0414 - part of this module too
from .bounds import TIME_MIN as TIME_MIN  # noqa: PLC0414 - part of this module too

ALG = const(1)  # RFC 9052 section 3.1
CONTENT_TYPE = const(3)
KID = const(4)
CWT_CLAIMS = const(15)  # RFC 9597 section 2
_IAT = const(6)  # RFC 8392 section 4
_CTI = const(7)


class Header:
    """Who signed (``alg``, ``kid``), what (``content_type``), when (``iat``) and as which number.

    ``iat`` is in Unix seconds, None while the board's clock was unset; ``boot`` and ``sequence``
    are 0..2**32-1 and never the same twice under one key.
    """

    def __init__(
        self, alg: int, content_type: int, kid: bytes, iat: int | None, boot: int, sequence: int
    ) -> None:
        self.alg = alg
        self.content_type = content_type
        self.kid = kid
        self.iat = iat
        self.boot = boot
        self.sequence = sequence

    def encode(self) -> bytes:
        """Return the header as it is signed. Raises `WireError` for a number outside its range."""
        boot = check.integer(self.boot, "boot", 0, COUNTER_MAX)
        sequence = check.integer(self.sequence, "sequence", 0, COUNTER_MAX)
        claims: dict[int, object] = {_CTI: boot.to_bytes(4, "big") + sequence.to_bytes(4, "big")}
        if self.iat is not None:
            claims[_IAT] = check.integer(self.iat, "iat", TIME_MIN, TIME_MAX)
        return cbor.encode(
            {ALG: self.alg, CONTENT_TYPE: self.content_type, KID: self.kid, CWT_CLAIMS: claims}
        )

    @staticmethod
    def parse(protected: bytes) -> "Header":
        """Read a protected header. Raises `WireError` (malformed) unless it is exactly that."""
        keys = (ALG, CONTENT_TYPE, KID, CWT_CLAIMS)
        fields = check.mapping(cbor.decode(protected), "the header", keys, ())
        claims = check.mapping(fields[CWT_CLAIMS], "the CWT claims", (_CTI,), (_IAT,))
        cti = check.octets(claims[_CTI], "cti", 8, 8)
        iat = None
        if _IAT in claims:
            iat = check.integer(claims[_IAT], "iat", TIME_MIN, TIME_MAX)
        return Header(
            check.integer(fields[ALG], "alg", -65536, 65535),
            check.integer(fields[CONTENT_TYPE], "content type", 0, 65535),
            check.octets(fields[KID], "kid", 8, 8),
            iat,
            int.from_bytes(cti[:4], "big"),
            int.from_bytes(cti[4:], "big"),
        )

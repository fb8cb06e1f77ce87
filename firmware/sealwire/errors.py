"""The one error of the wire format, and the codes that go on the wire (docs/spec/wire.md, "Codes")."""

MALFORMED = 1
UNKNOWN_DEVICE = 2
WRONG_ALGORITHM = 3
BAD_SIGNATURE = 4
REVOKED = 5
EQUIVOCATION = 6
TOO_LARGE = 7
UNSUPPORTED_CONTENT = 8
BUSY = 9

CODE_NAMES = {
    MALFORMED: "malformed",
    UNKNOWN_DEVICE: "unknown device",
    WRONG_ALGORITHM: "wrong algorithm",
    BAD_SIGNATURE: "bad signature",
    REVOKED: "revoked",
    EQUIVOCATION: "equivocation",
    TOO_LARGE: "too large",
    UNSUPPORTED_CONTENT: "unsupported content",
    BUSY: "busy",
}


class WireError(ValueError):
    """Bytes that are refused. ``code`` is final and goes on the wire; the text names the cause."""

    def __init__(self, code: int, cause: str) -> None:
        super().__init__(cause)
        self.code = code


def malformed(cause: str) -> WireError:
    """Return the error for bytes that do not parse whole."""
    return WireError(MALFORMED, cause)

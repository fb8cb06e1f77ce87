"""Every difference between MicroPython and CPython that the wire format meets."""

try:
    from micropython import const
except ImportError:  # CPython: a constant is its value

    def const(value):  # type: ignore[misc, no-untyped-def, unused-ignore]  # the stubs' own generic signature stands
        """Return ``value``; MicroPython's compiler folds it into the code instead."""
        return value


__all__ = ["TYPE_CHECKING", "const", "decode_utf8"]

# True to a type checker alone: MicroPython has no typing module to import.
TYPE_CHECKING = False


# After these first bytes the second is bounded more closely than by 80..BF (RFC 3629 section 4).
_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}
_ANY = (0x00, 0xF4)


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8 (RFC 3629) alike on both runtimes; raises ValueError where it is not well-formed.

    MicroPython alone lets overlong forms, surrogates and code points past U+10FFFF pass. They are
    looked for in the bytes: looking at a text's characters would intern each of them for good there.
    """
    text = str(data, "utf-8")
    before = 0
    for byte in data:
        low, high = _SECOND.get(before, _ANY)
        if not low <= byte <= high or byte in (0xC0, 0xC1):
            raise ValueError("an overlong form, a surrogate or a code point past U+10FFFF")
        before = byte
    return text

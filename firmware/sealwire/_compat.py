"""Every difference between MicroPython and CPython that the wire format meets, in one place."""

try:
    from micropython import const
except ImportError:  # CPython: a constant is its value

    def const(value):  # type: ignore[misc, no-untyped-def, unused-ignore]  # the stubs' own generic signature stands
        """Return ``value``; MicroPython's compiler folds it into the code instead."""
        return value


__all__ = ["TYPE_CHECKING", "const", "decode_utf8"]

# True to a type checker alone: MicroPython has no typing module to import.
TYPE_CHECKING = False


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8 (RFC 3629) alike on both runtimes; raises ValueError where it is not well-formed.

    MicroPython alone lets overlong forms and surrogates pass, and keeps the bytes it was given: both
    are looked for here, the first by counting the bytes that the code points need.
    """
    text = str(data, "utf-8")
    shortest = 0
    for character in text:
        point = ord(character)
        if 0xD800 <= point <= 0xDFFF or point > 0x10FFFF:
            raise ValueError("a surrogate or a code point past U+10FFFF")
        shortest += 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4
    if shortest != len(data):
        raise ValueError("an overlong form")
    return text

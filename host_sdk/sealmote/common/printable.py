"""Escape control and format characters in text from outside, before a terminal shows it."""


def printable(text: str) -> str:
    r"""Return `text` on one line, each character that has no glyph as its escape: \n, \x1b, \u202e.

    Those are control and format characters (bidirectional overrides among them), line separators,
    lone surrogates and what Unicode has not assigned.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )

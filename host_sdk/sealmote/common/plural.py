"""A number with its noun, in the singular where it is one."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 leaf" or "2 leaves"; the plural is the noun with an s unless it is given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"

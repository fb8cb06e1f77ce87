"""Error of source that cannot be linked."""

from sealmote.errors import SealmoteError


class ShrinkError(SealmoteError):
    """A firmware's source cannot be linked: the message names the place, and what to write instead."""

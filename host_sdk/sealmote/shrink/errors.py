"""Why firmware cannot be made small."""

from sealmote.errors import SealmoteError


class ShrinkError(SealmoteError):
    """A firmware's source cannot be linked: the message names the place, and what to write instead."""

"""The result of one check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, whether it must be, and what to do."""

    what: str
    present: bool
    needed: bool
    words: str

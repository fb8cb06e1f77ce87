"""Errors of a log's proofs: each class is one link from leaf to checkpoint.

LogError
 ├ TreeError        a size, index or hash that no tree has: the caller's or the file's mistake
 ├ ProofError       a path that does not lead from the leaf, or the older tree head, to the root
 ├ TileError        a tile or entry bundle that is misnamed, cut short or overlong
 ├ NoteError        a note that is malformed, unsigned, or badly signed by the key it names
 ├ CheckpointError  a checkpoint of another log, or not three lines of origin, size and root
 └ ReceiptError     a receipt that is malformed, for another log, or not signed by the log
"""

from sealmote.errors import SealmoteError


class LogError(SealmoteError):
    """A log, or something taken from it, that does not hold."""


class TreeError(LogError):
    """A size, index or hash that no tree has."""


class ProofError(LogError):
    """An inclusion or consistency proof that does not lead to the root."""


class TileError(LogError):
    """A tile or entry bundle whose name or length is wrong."""


class NoteError(LogError):
    """A signed note that is malformed or not signed by the expected key."""


class CheckpointError(LogError):
    """A signed text that is no checkpoint of the expected log."""


class ReceiptError(LogError):
    """A receipt that is malformed or not signed by the expected log."""

"""Checkpoints, the signed tree heads of a log (C2SP tlog-checkpoint): origin, size and root in a note.

The log signs a tree head only after it is durable, and never one that its last is no beginning of:
see `merkle.verify_consistency`. Keeping that promise is for the log that calls `sign`.
"""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from sealmote.crypto import Signer
from sealmote.log import note
from sealmote.log.errors import CheckpointError
from sealmote.log.merkle import EMPTY_ROOT, check_hashes, check_size

_TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,19})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True)
class Checkpoint:
    """A log's origin, its size in leaves, and the root (32 bytes) over all of them."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        note.check_name(self.origin)
        check_size(self.size)
        check_hashes([self.root])
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("an empty log with a root that is not SHA-256 of nothing")

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the three lines as `text` writes them; CheckpointError for anything else.

        Extension lines are refused: the format allows them, no Sealmote log signs any.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise CheckpointError("a checkpoint is three lines: origin, size, root in base64")
        try:
            root = b64decode(match[3], validate=True)
        except binascii.Error as error:
            raise CheckpointError("the checkpoint's root is not base64 of 32 bytes") from error
        checkpoint = cls(match[1], int(match[2]), root)
        if checkpoint.text() != text:
            raise CheckpointError("the checkpoint's root has stray bits behind its base64")
        return checkpoint


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint as a note signed by the log; the key goes by the origin's name."""
    return note.sign(checkpoint.text(), checkpoint.origin, signer)


def verify(data: bytes, key: note.NoteKey) -> Checkpoint:
    """Return the checkpoint that `key`, the key of the log named `key.name`, signed.

    Raises NoteError if it did not sign this note, CheckpointError if the note is no checkpoint of that log.
    """
    checkpoint = Checkpoint.parse(note.verify(data, key))
    if checkpoint.origin != key.name:
        raise CheckpointError(
            f"a head of the log {checkpoint.origin}, not of {key.name}: ask that log's gateway"
        )
    return checkpoint

"""Appending to the log, within one transaction of the writer."""

from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import challenges, tree
from sealmote.gateway.store.session import Transaction
from sealwire import cose
from sealwire.errors import WireError
from sealwire.sealer import MAX_MESSAGE


class Kind(IntEnum):
    """What a leaf is."""

    READING = 1
    STATEMENT = 2
    EVIDENCE = 3


class Message(NamedTuple):
    """A message whose signature was verified: what it is, and who sealed it under which number.

    `raw` is the message's one byte string, `hash` its leaf hash, `signed` SHA-256 of its
    Sig_structure, `sealed` its iat or None, `nonce` the challenge that a statement answers or None.
    """

    raw: bytes
    hash: bytes
    kind: Kind
    device: int
    boot: int
    sequence: int
    signed: bytes
    sealed: int | None
    nonce: bytes | None = None


class First(NamedTuple):
    """The leaf that stands under an identity."""

    number: int
    hash: bytes
    raw: bytes
    signed: bytes
    log_by: int


class Appender:
    """The growing end of the log; lives as long as one job of the writer.

    `now` is the time at which what it appends was received, `log_by` when a checkpoint will cover
    it (Unix seconds). Nothing is accepted before the job's transaction has been committed.
    """

    def __init__(self, transaction: Transaction, now: int, log_by: int):
        self._transaction = transaction
        self._now = now
        self.log_by = log_by
        self._size = tree.size(transaction)
        self._revoked: dict[int, bool] = {}

    def first_under(self, message: Message) -> First | None:
        """Return what stands under the message's identity already.

        DamagedError if that is not as it was written: who judged by it might refuse what is honest.
        """
        first = self._transaction.first(
            First,
            "SELECT number, hash, raw, signed, log_by FROM leaves"
            " WHERE device = ? AND boot = ? AND sequence = ?",
            (message.device, message.boot, message.sequence),
        )
        if first is not None and not _is_sound(first):
            raise DamagedError(f"leaf {first.number}", "its bytes do not have its hashes")
        return first

    def is_revoked(self, device: int) -> bool:
        """Return whether the device has been revoked by now."""
        if device not in self._revoked:  # no other process can write while this job runs
            revoked = self._transaction.value(
                "SELECT revoked FROM devices WHERE device = ?", (device,)
            )
            self._revoked[device] = revoked is not None
        return self._revoked[device]

    def append(self, message: Message) -> None:
        """Make a message the next leaf, and the answer to the challenge that it was given."""
        number = self._size
        self._insert(
            message.hash,
            message.kind,
            message.raw,
            (message.device, message.boot, message.sequence, message.signed, message.sealed),
        )
        if message.nonce is not None:
            challenges.answer(self._transaction, message.device, message.nonce, number)

    def has_evidence(self, first: First, signed: bytes) -> bool:
        """Return whether this pair is in the log already."""
        found = self._transaction.column(
            "SELECT 1 FROM evidence WHERE first = ? AND signed = ?", (first.number, signed)
        )
        return bool(found)

    def append_evidence(self, first: First, signed: bytes, raw: bytes, leaf_hash: bytes) -> None:
        """Make an equivocation's evidence the next leaf; `signed` is the second message's."""
        number = self._size
        self._insert(leaf_hash, Kind.EVIDENCE, raw, (None,) * 5)
        self._transaction.execute(
            "INSERT INTO evidence VALUES (?, ?, ?)", (number, first.number, signed)
        )

    def _insert(self, leaf_hash: bytes, kind: Kind, raw: bytes, who: tuple[object, ...]) -> None:
        self._transaction.execute(
            "INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._size, leaf_hash, int(kind), raw, self._now, self.log_by, *who),
        )
        self._size += 1
        tree.close_subtrees(self._transaction, self._size)


def _is_sound(first: First) -> bool:
    if not isinstance(first.raw, bytes) or cose.leaf_hash(first.raw) != first.hash:
        return False
    try:
        signed = cose.parse(first.raw, MAX_MESSAGE).sig_structure()
    except WireError:
        return False
    return sha256(signed).digest() == first.signed

"""Integrity of rows: each leaf and device is checked against its own hashes when it is read.

A leaf vouches for itself: its hash stands in the log, and what its columns say of it is in its bytes. A
device's thumbprint is a hash of its key. Only when a leaf came, and by when it was promised, stands nowhere
else. Signatures are checked when a message is taken and by `fsck`, not with every read.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import devices, tree
from sealmote.gateway.store.devices import check_device
from sealmote.gateway.store.leaves import Kind
from sealmote.gateway.store.session import Reader
from sealmote.gateway.store.sqlite_errors import whole_pages
from sealwire.cose import leaf_hash
from sealwire.errors import WireError
from sealwire.message import Message, parse
from sealwire.statement import Statement

_LEAF = (
    "SELECT number, hash, kind, raw, received, log_by, thumbprint, boot, sequence, sealed, signed, key"
    " FROM leaves LEFT JOIN devices USING (device)"
)

_NEWEST = 1024  # leaves that a start looks at: some 0.2 s


class LeafRow(NamedTuple):
    """A leaf with its device, as `select` found them; in a damaged database a value may be of any type."""

    number: int
    hash: Any
    kind: Any
    raw: Any
    received: Any
    log_by: Any
    thumbprint: Any
    boot: Any
    sequence: Any
    sealed: Any
    signed: Any
    key: Any


class Leaf(NamedTuple):
    """A leaf as it was kept; `thumbprint`, identity and `message` are None for evidence. Times: Unix s."""

    number: int
    hash: bytes
    kind: int
    raw: bytes
    received: int
    log_by: int
    thumbprint: bytes | None
    boot: int | None
    sequence: int | None
    message: Message | None

    def parsed(self) -> Message:
        """Return a device's message; TypeError for evidence."""
        if self.message is None:
            raise TypeError(f"leaf {self.number} is evidence, no device's message")
        return self.message


class Damage(NamedTuple):
    """A leaf that is damaged, and what of it is."""

    leaf: int
    what: str


def select(reader: Reader, rest: str, values: tuple[object, ...]) -> list[LeafRow]:
    """Return rows of leaves for `leaf_of`, chosen by `rest` of the query; DamagedError for a bad page."""
    with whole_pages("the log"):
        return reader.all(LeafRow, f"{_LEAF} {rest}", values)


def leaf_of(row: LeafRow) -> Leaf:
    """Return a leaf of `select`, or raise DamagedError."""
    number, digest, kind, raw, received, log_by, thumbprint, boot, sequence, sealed, signed, key = (
        row
    )
    name = f"leaf {number}"
    if not isinstance(raw, bytes) or leaf_hash(raw) != digest:
        raise DamagedError(name, "its bytes do not have its hash")
    if not isinstance(received, int) or not isinstance(log_by, int) or received > log_by:
        raise DamagedError(name, "it was promised before it came")
    parsed = None
    if kind == Kind.EVIDENCE:
        said: tuple[object, ...] = (None,) * 5
    else:
        parsed = _parse(name, raw)
        header = parsed.header
        if kind != kind_of(parsed):
            raise DamagedError(name, "it is of another kind than its bytes")
        if thumbprint is None or header.kid != thumbprint[: len(header.kid)]:
            raise DamagedError(name, "its bytes are another device's than it says")
        check_device(thumbprint, key)
        said = (thumbprint, header.boot, header.sequence, header.iat, _signed(parsed))
    if (thumbprint, boot, sequence, sealed, signed) != said:
        raise DamagedError(name, "number or time are not those in its bytes")
    return Leaf(number, digest, kind, raw, received, log_by, thumbprint, boot, sequence, parsed)


def sound(rows: list[LeafRow]) -> tuple[list[Leaf], list[Damage]]:
    """Return the leaves of `select` that are as they were written, and what is wrong with the others."""
    leaves, damaged = [], []
    for row in rows:
        try:
            leaves.append(leaf_of(row))
        except DamagedError as error:
            damaged.append(Damage(row.number, str(error)))
    return leaves, damaged


def check_newest(reader: Reader) -> list[str]:
    """Say what is damaged of the devices and of the newest leaves: what a start has the time for."""
    end = tree.checked_size(reader)
    found = devices.damaged(reader)
    try:
        newest = select(reader, "WHERE number >= ? ORDER BY number", (end - _NEWEST,))
    except DamagedError as error:
        return [*found, str(error)]
    return [*found, *(one.what for one in sound(newest)[1])]


def kind_of(parsed: Message) -> Kind:
    """Return what a device's message is."""
    return Kind.STATEMENT if isinstance(parsed.content, Statement) else Kind.READING


def _signed(parsed: Message) -> bytes:
    return sha256(parsed.sign1.sig_structure()).digest()


def _parse(name: str, raw: bytes) -> Message:
    try:
        return parse(raw)
    except WireError as error:
        raise DamagedError(name, f"its bytes are no message ({error})") from error

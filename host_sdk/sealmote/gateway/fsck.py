"""Consistency check of a whole gateway directory: what is damaged or altered.

Nothing is changed, and another process may serve meanwhile: all is read in one committed state. From the
bottom up, so that each part is judged by parts that were judged before:

    sqlite       the file's own structure
    devices      thumbprint, kid and algorithm are the key's; the registration is by the key
    leaves       numbers without a gap; each has its hash, says what its bytes say, and is signed by its
                 device's key; evidence is signed by the gateway's
    numbers      what is accepted of each device, as answers tell it, is what the leaves have
    challenges   answered by the device's own statements, with that nonce
    tree         each hash above the leaves is that of what lies below it
    checkpoints  signed by the log's key, and of the root that the leaves lead to
    anchors      of a checkpoint's size and root
    published    the head in the file is a beginning of the log
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from sealmote.crypto import verify
from sealmote.gateway.errors import DamagedError, GatewayError
from sealmote.gateway.publishing.rollback_check import check_head, check_note, receipt_of
from sealmote.gateway.store import audit, challenges, devices, integrity, queries, tree, tree_heads
from sealmote.gateway.store.integrity import Leaf, LeafRow
from sealmote.gateway.store.session import Reader
from sealmote.gateway.store.sqlite_errors import store_errors
from sealmote.log import checkpoint
from sealmote.log.errors import LogError
from sealmote.log.note import NoteKey
from sealwire import evidence, registration
from sealwire import message as messages
from sealwire.errors import WireError
from sealwire.keys import PublicKey

T = TypeVar("T")

_PIECE = 256  # leaves that are read in one go
_TROUBLE = (GatewayError, LogError, WireError)

_parse_key = lru_cache(maxsize=16384)(PublicKey.parse)


class Finding(NamedTuple):
    """Something that is not as it was written: where, and what."""

    where: str
    what: str


class Checked(NamedTuple):
    """How much was looked at, and what was found."""

    devices: int
    leaves: int
    checkpoints: int
    findings: list[Finding]


def check(reader: Reader, ack_key: PublicKey, log_key: NoteKey, published: Path) -> Checked:
    """Look at everything, by the keys of the folder; `published` is its file of the newest head."""
    return _Check(reader, ack_key, log_key).run(published)


class _Check:
    def __init__(self, reader: Reader, ack_key: PublicKey, log_key: NoteKey):
        self._reader = reader
        self._ack_key = ack_key
        self._log_key = log_key
        self._numbers: dict[bytes, list[tuple[int, int]]] = {}  # (boot, sequence), by thumbprint
        self._findings: list[Finding] = []

    def run(self, published: Path) -> Checked:
        self._try("sqlite", self._check_structure)
        registry = self._try("devices", self._check_devices) or []
        leaves = self._try("leaves", self._check_leaves) or 0
        is_sound = not self._findings  # else the numbers differ by what was found
        for device in registry:
            if is_sound:
                self._try("numbers", partial(self._check_numbers, device))
            for one in challenges.of(self._reader, device.device):
                self._try("challenges", partial(queries.answer, self._reader, device, one))
        self._try("evidence", self._check_accusations)
        self._try("tree", self._check_tree)
        checkpoints = self._try("checkpoints", self._check_checkpoints) or 0
        self._try("published", partial(self._check_published, published))
        return Checked(len(registry), leaves, checkpoints, self._findings)

    def _try(self, where: str, work: Callable[[], T]) -> T | None:
        """Do a part of the work; what ends it is a finding, and the next part is done all the same."""
        try:
            with store_errors("it cannot be read"):
                return work()
        except DamagedError as error:
            self._findings.append(Finding(error.name, error.what))
        except _TROUBLE as error:
            self._findings.append(Finding(where, str(error)))
        return None

    def _check_structure(self) -> None:
        self._findings += [Finding("sqlite", what) for what in audit.structure(self._reader)]
        for one in audit.orphans(self._reader):
            what = f"it names a row of {one.other} that is not there"
            self._findings.append(Finding(f"{one.table} row {one.row}", what))

    def _check_devices(self) -> list[devices.Device]:
        hints = audit.hints(self._reader)
        self._findings += [Finding("devices", what) for what in devices.damaged(self._reader)]
        registry = devices.list_all(self._reader)
        for device in registry:
            name = f"device {device.thumbprint.hex()}"
            self._try(name, partial(_check_registered, device, hints[device.device]))
        return registry

    def _check_leaves(self) -> int:
        size = 0
        for row in self._rows():
            number = row.number
            if number != size:
                self._findings.append(
                    Finding(f"leaf {size}", f"{number - size} leaves are missing")
                )
            size = number + 1
            self._try(f"leaf {number}", partial(self._check_leaf, row))
        return size

    def _rows(self) -> Iterator[LeafRow]:
        """Yield the rows of all leaves; those on a page that cannot be read are findings."""
        end = tree.checked_size(self._reader)
        between = "WHERE number >= ? AND number < ? ORDER BY number"
        for start in range(0, end, _PIECE):
            try:
                yield from integrity.select(self._reader, between, (start, start + _PIECE))
            except DamagedError:
                yield from self._one_by_one(start, min(start + _PIECE, end))

    def _one_by_one(self, start: int, end: int) -> Iterator[LeafRow]:
        for number in range(start, end):
            try:
                yield from integrity.select(self._reader, "WHERE number = ?", (number,))
            except DamagedError as error:
                self._findings.append(Finding(f"leaf {number}", error.what))

    def _check_leaf(self, row: LeafRow) -> None:
        leaf = integrity.leaf_of(row)
        if leaf.message is None:
            self._check_evidence(leaf)
            return
        sign1, key = leaf.message.sign1, _parse_key(row.key)
        if not verify(key, sign1.sig_structure(), sign1.signature):
            raise DamagedError(f"leaf {leaf.number}", "its signature is not by its device's key")
        header = leaf.message.header
        held = self._numbers.setdefault(leaf.thumbprint or b"", [])
        held.append((header.boot, header.sequence))

    def _check_evidence(self, leaf: Leaf) -> None:
        name = f"leaf {leaf.number}"
        first, second = evidence.open_evidence(leaf.raw, self._ack_key)
        signed = sha256(messages.parse(second).sign1.sig_structure()).digest()
        if audit.noted_pair(self._reader, leaf.number) != (first, signed):
            raise DamagedError(name, "its evidence is of another pair than it is noted for")

    def _check_accusations(self) -> None:
        """See that nothing is noted as evidence that is none."""
        for number in audit.noted_without_evidence(self._reader):
            self._findings.append(Finding(f"leaf {number}", "it is noted as evidence and is none"))

    def _check_numbers(self, device: devices.Device) -> None:
        listed = queries.ranges(self._reader, device.device)
        held = _ranges(sorted(self._numbers.get(device.thumbprint, [])))
        if listed != held:
            name = f"device {device.thumbprint.hex()}"
            raise DamagedError(name, "the numbers told of it are not those of its leaves")

    def _check_tree(self) -> None:
        size, level = tree.size(self._reader), 0
        while size:
            level, size = level + 1, size // tree.TILE_WIDTH
            kept = tree.kept_nodes(self._reader, level)
            if kept != size:
                what = f"{kept} hashes instead of {size}"
                self._findings.append(Finding(f"tile level {level}", what))
            for number in range(size):
                name = f"hash {number} of tile level {level}"
                at = (level, number, number + 1)
                self._try(name, partial(tree.sound_tile, self._reader, *at))

    def _check_checkpoints(self) -> int:
        rows = tree_heads.every_checkpoint(self._reader)
        for row in rows:
            self._try(f"the checkpoint of {row.size} leaves", partial(self._check_head, row))
        for anchor in tree_heads.every_anchor(self._reader):
            self._try(f"the anchor of {anchor.size} leaves", partial(receipt_of, anchor))
        return len(rows)

    def _check_head(self, row: tree_heads.Checkpoint) -> None:
        check_note(row, self._log_key)
        check_head(self._reader, row.size, row.root, "a checkpoint")

    def _check_published(self, file: Path) -> None:
        if not file.exists():
            if tree_heads.newest_checkpoint(self._reader) is not None:
                self._findings.append(Finding("published", "the file is missing: a start makes it"))
            return
        head = checkpoint.verify(file.read_bytes(), self._log_key)
        check_head(self._reader, head.size, head.root, "the file published")


def _check_registered(device: devices.Device, hint: audit.Hint) -> None:
    """Raise unless what stands beside a device's key goes with it."""
    name, key = f"device {device.thumbprint.hex()}", _parse_key(device.key)
    if (hint.kid, hint.alg) != (key.kid(), key.alg):
        raise DamagedError(name, "it is looked up under another kid or algorithm than its key's")
    if device.registration is not None:
        terms = registration.open_terms(device.registration, key)
        if device.owner != (terms.owner if any(terms.owner) else None):
            raise DamagedError(name, "its owner is not the one that its key consented to")


def _ranges(numbers: list[tuple[int, int]]) -> list[queries.Range]:
    """Return sorted numbers as maximal ranges."""
    ranges: list[queries.Range] = []
    for boot, sequence in numbers:
        if ranges and (ranges[-1].boot, ranges[-1].last + 1) == (boot, sequence):
            ranges[-1] = ranges[-1]._replace(last=sequence)
        else:
            ranges.append(queries.Range(boot, sequence, sequence))
    return ranges

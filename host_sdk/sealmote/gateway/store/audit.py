"""Audit queries: what a consistency check reads of the database beyond what the gateway itself uses."""

from typing import NamedTuple

from sealmote.gateway.store.leaves import Kind
from sealmote.gateway.store.session import Reader
from sealmote.gateway.store.sqlite_errors import whole_pages

_MOST = 100  # findings of SQLite itself


class Orphan(NamedTuple):
    """A row that names one of another table that is not there."""

    table: str
    row: int | None
    other: str
    constraint: int


class Hint(NamedTuple):
    """What a device is looked up by."""

    device: int
    kid: bytes
    alg: int


class Pair(NamedTuple):
    """What evidence is noted for: the first message, and SHA-256 of the second's Sig_structure."""

    first: bytes
    signed: bytes


def structure(reader: Reader) -> list[str]:
    """Return what SQLite finds wrong with its file."""
    return [what for what in reader.column(f"PRAGMA integrity_check({_MOST})") if what != "ok"]


def orphans(reader: Reader) -> list[Orphan]:
    """Return the rows that name others that are not there."""
    return reader.all(Orphan, "PRAGMA foreign_key_check")


def hints(reader: Reader) -> dict[int, Hint]:
    """Return by what each device is looked up, by its number; DamagedError for a bad page."""
    with whole_pages("the registry"):
        found = reader.all(Hint, "SELECT device, kid, alg FROM devices")
    return {one.device: one for one in found}


def noted_pair(reader: Reader, leaf: int) -> Pair | None:
    """Return what a leaf of evidence is noted for, None if it is not noted."""
    return reader.first(
        Pair,
        "SELECT raw, evidence.signed FROM evidence JOIN leaves ON leaves.number = evidence.first"
        " WHERE evidence.number = ?",
        (leaf,),
    )


def noted_without_evidence(reader: Reader) -> list[int]:
    """Return the numbers of the leaves that are noted as evidence and are none."""
    return reader.column(
        "SELECT evidence.number FROM evidence LEFT JOIN leaves USING (number)"
        " WHERE leaves.kind IS NOT ?",
        (int(Kind.EVIDENCE),),
    )

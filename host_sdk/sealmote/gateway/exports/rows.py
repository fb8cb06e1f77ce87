"""Rows of an export: readings as they were signed, every decimal exact, whatever they are encoded in."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from sealmote.gateway.store.integrity import Leaf
from sealwire.senml import Pack


class Value(NamedTuple):
    """One value of a reading: `digits` is the decimal number as it was signed, as in "-0.50"."""

    name: str
    unit: str | None
    digits: str

    @property
    def decimal(self) -> Decimal:
        """The number, exact."""
        return Decimal(self.digits)


class Reading(NamedTuple):
    """A reading that the log has. Times in Unix seconds.

    `leaf` is its number in the log, `device` the key's thumbprint (RFC 9679). `time` is the board's own;
    where its clock was unset that is None, and `derived_time` what a later statement makes of its uptime,
    if there is one. `received` is the gateway's. `message` is what was signed, whose hash the log has.
    """

    leaf: int
    device: bytes
    boot: int
    sequence: int
    time: int | None
    derived_time: int | None
    received: int
    values: tuple[Value, ...]
    leaf_hash: bytes
    message: bytes


def rows_of(leaves: Iterable[Leaf], derived: Mapping[int, int]) -> list[Reading]:
    """Return readings as rows; `derived` has times by leaf number, for those without one of their own."""
    return [_row(leaf, derived.get(leaf.number)) for leaf in leaves]


def _row(leaf: Leaf, derived: int | None) -> Reading:
    parsed = leaf.parsed()
    if leaf.thumbprint is None or not isinstance(parsed.content, Pack):
        raise TypeError(f"leaf {leaf.number} is no reading")
    values = tuple(Value(one.name, one.unit, one.decimal()) for one in parsed.content.records)
    header = parsed.header
    return Reading(
        leaf.number,
        leaf.thumbprint,
        header.boot,
        header.sequence,
        header.iat,
        derived,
        leaf.received,
        values,
        leaf.hash,
        leaf.raw,
    )

"""Explanation of a proof in sentences, each with the links that it rests on."""

from dataclasses import dataclass

from sealmote.chain.anchors import OtherAnchor
from sealmote.chain.protocols import AnchorClaim
from sealmote.common.timestamps import moment
from sealmote.log.errors import LogError
from sealmote.log.receipt import Receipt
from sealmote.proof.proof_file import Proof
from sealmote.proof.report import Link, Report, State
from sealmote.proof.verify import anchor_names
from sealwire import message, registration, senml
from sealwire.errors import WireError
from sealwire.keys import PublicKey

# SenML's names of units (RFC 8428 section 12.1) as people write them.
_UNIT_WORDS = {"Cel": "°C", "%RH": "% relative humidity"}


@dataclass(frozen=True)
class Step:
    """One sentence of the explanation, with the links of the report that it rests on."""

    sentence: str
    links: tuple[Link, ...]

    @property
    def state(self) -> State:
        """The worst state of its links."""
        states = {link.state for link in self.links}
        worst = (State.BROKEN, State.UNCHECKED, State.UNKNOWN, State.CLAIMED, State.HOLDS)
        return next(state for state in worst if state in states)


def explain(proof: Proof, report: Report) -> list[Step]:
    """Return the explanation of a proof: whose key, what value and when, which leaf, which block."""
    by_name = {link.name: link for link in report.links}

    def step(sentence: str, *names: str) -> Step:
        return Step(sentence, tuple(by_name[name] for name in names))

    names = anchor_names(proof)
    found = [name for name in names if by_name[name].state is State.HOLDS]
    is_rooted = by_name["chain root"].state is State.HOLDS
    asked = found[0] if found and is_rooted else names[0]  # whose chain it is that has the root
    anchors = [
        step(
            _anchored(proof, anchor, by_name[name].state),
            name,
            *(["chain root"] if name == asked else ()),
        )
        for name, anchor in zip(names, proof.anchors or (None,), strict=True)
    ]
    return [
        step(_whose(proof), "registration", "chain device"),
        step(_what(proof), "message", "signature"),
        step(_where(proof), "inclusion", "checkpoint", "chain log"),
        *anchors,
    ]


def _whose(proof: Proof) -> str:
    try:
        key = PublicKey.parse(proof.device_key)
    except WireError:
        return "The file's device key cannot be read."
    name = f"The key {key.thumbprint().hex()[:16]}…"
    if proof.registration is None:
        return f"{name} names no owner in this file."
    try:
        owner = registration.open_terms(proof.registration, key).owner
    except WireError:
        return f"{name} comes with a registration that it did not sign."
    if not any(owner):
        return f"{name} signed its registration, which names no owner."
    return f"{name} signed that it belongs to the owner 0x{owner.hex()}."


def _what(proof: Proof) -> str:
    try:
        parsed = message.parse(proof.message)
    except WireError:
        return "The file's message cannot be read."
    header, content = parsed.header, parsed.content
    said = "a statement about itself"
    if isinstance(content, senml.Pack):
        said = ", ".join(_value(record) for record in content.records)
    when = "while its clock was unset" if header.iat is None else f"at {moment(header.iat)}"
    return (
        f"With that key the board sealed {said} {when},"
        f" as its number {header.boot}/{header.sequence} (boot/sequence)."
    )


def _value(record: senml.Record) -> str:
    unit = record.unit or ""
    return f"{record.name} = {record.decimal()} {_UNIT_WORDS.get(unit, unit)}".rstrip()


def _where(proof: Proof) -> str:
    try:
        receipt = Receipt.parse(proof.receipt)
    except LogError:
        return "The file's receipt from the log cannot be read."
    return (
        f"It is leaf {receipt.index} of the log {receipt.origin}:"
        f" a path of length {len(receipt.path)} leads from it to the root over {receipt.size} leaves,"
        " which the log signed."
    )


def _anchored(proof: Proof, anchor: AnchorClaim | OtherAnchor | None, state: State) -> str:
    """Say where the root stands; as the file's word only, unless the chain was asked and agrees."""
    if anchor is None:
        return "The file names no chain that has the root."
    if isinstance(anchor, OtherAnchor):
        return f"The file has an anchor of the type {anchor.type}, of which this program knows nothing."
    place = f"has this root in block {anchor.block}, made at {moment(anchor.block_time)}"
    late = _misdated(proof, anchor)
    if state is not State.HOLDS:
        return f"The file says that chain {anchor.chain_id} {place}.{late}"
    return f"Chain {anchor.chain_id} {place}: the message is older than that.{late}"


def _misdated(proof: Proof, anchor: AnchorClaim) -> str:
    """Say so where the board dates the message after the block in which its root stands."""
    try:
        iat = message.parse(proof.message).header.iat
    except WireError:
        return ""
    if iat is None or iat <= anchor.block_time:
        return ""
    return (
        f" The board dates it {iat - anchor.block_time} s after that block: its clock, or the"
        " file's word of the block, is wrong."
    )

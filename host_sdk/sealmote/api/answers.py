"""Answers of a gateway: the JSON of its routes, and problem documents."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Literal

from sealmote.api.terms import (
    Address,
    Bytes,
    ChainHash,
    Count,
    Hash,
    Mac,
    MessageId,
    Range,
    Time,
)
from sealmote.chain.anchors import AnyAnchor
from sealmote.models import Text

Origin = Annotated[
    str, Text(r"[^\s+]{1,255}", "a log's name"), "the log's name"
]  # C2SP signed-note


LeafKind = Literal["reading", "statement", "evidence"]


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457, with what to do next."""

    title: str
    status: Count
    detail: Annotated[str, "the cause"]
    next_step: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """In place of what is not as it was written."""

    damaged: Annotated[str, "what of it is damaged"]


@dataclass(frozen=True, slots=True)
class DamagedLeaf:
    """A leaf that is not served."""

    leaf: Count
    what: Annotated[str, "what of it is damaged"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What boards and verifiers pin."""

    origin: Origin
    ack_key: Annotated[Bytes, "signs acknowledgements: a COSE_Key"]
    log_key: Annotated[Bytes, "signs checkpoints and receipts: a COSE_Key"]
    log_vkey: Annotated[str, "the log's key as C2SP signed-note writes it"]


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The newest published checkpoint."""

    size: Count
    root: Hash
    issued: Time


@dataclass(frozen=True, slots=True)
class AnchorReceipt:
    """Where a chain has a checkpoint's root."""

    chain_id: Count
    contract: Address
    size: Count
    root: Hash
    transaction: ChainHash
    block: Count
    block_hash: ChainHash
    block_time: Time


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest checkpoint that is anchored."""

    size: Count
    root: Hash
    recorded: Time | None
    receipt: Annotated[AnchorReceipt | Damaged | None, "null unless it is on an EVM chain"]
    claim: Annotated[AnyAnchor | None, "the same for any type of chain"] = None


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """How the chain is doing."""

    trouble: Annotated[str | None, "why the last anchor failed"]
    failures: Annotated[Count, "in a row"]


@dataclass(frozen=True, slots=True)
class Status:
    """The log's size, its newest heads, and what is wrong if anything is."""

    origin: Origin
    time: Time
    size: Annotated[Count, "leaves in the log"]
    evidence: Annotated[Count, "times that a device sealed two messages under one number"]
    anchor: Anchor | None
    checkpoint: TreeHead | None
    chain: Annotated[ChainStatus | None, "null without a chain"]
    damaged: Annotated[list[str], "what a start saw of the database"]
    clock: Annotated[str | None, "what speaks against the gateway's clock"]
    halted: Annotated[str | None, "why no readings are accepted"]
    listeners: Annotated[
        dict[str, str | None],
        "by each way in, what keeps it from accepting; null where nothing does",
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """A device's registration."""

    device: Annotated[Hash, "the key's thumbprint (RFC 9679)"]
    key: Annotated[Bytes, "COSE_Key"]
    owner: Address | None
    registration: Annotated[Bytes | None, "the key's own consent; null if the operator vouches"]
    added: Time
    revoked: Time | None


@dataclass(frozen=True, slots=True)
class DeviceOverview(Device):
    """A device, and how much the log has of it."""

    messages: Count
    last_seen: Time | None
    equivocations: Annotated[Count, "times that it sealed two messages under one number"]


@dataclass(frozen=True, slots=True)
class Devices:
    """Every device."""

    devices: list[DeviceOverview]
    damaged: Annotated[list[str], "devices that are not as they were entered"]


@dataclass(frozen=True, slots=True)
class Drop:
    """Numbers of one boot that the board gave up, and why."""

    first: Count
    last: Count
    cause: Annotated[str, "room, not kept, damaged, several, unsaid; or refused"]
    words: Annotated[str, "the cause in words"]


@dataclass(frozen=True, slots=True)
class RefusedDrop(Drop):
    """Numbers of one boot that a gateway refused for good."""

    code: Annotated[int, "the acknowledgement's"]
    refusal: Annotated[Hash | None, "SHA-256 of the acknowledgement"]


@dataclass(frozen=True, slots=True)
class StatedDrop:
    """Numbers that a statement says the board gave up, and why."""

    boot: Count
    first: Count
    last: Count
    cause: Annotated[str, "room, not kept, damaged, several, unsaid; or refused"]
    words: Annotated[str, "the cause in words"]


@dataclass(frozen=True, slots=True)
class RefusedStatedDrop(StatedDrop):
    """Numbers that a statement says a gateway refused for good."""

    code: Annotated[int, "the acknowledgement's"]
    refusal: Annotated[Hash | None, "SHA-256 of the acknowledgement"]


@dataclass(frozen=True, slots=True)
class BootAccount:
    """What became of each number of one boot: each is in exactly one of the four lists of [first, last]."""

    boot: Count
    last: Annotated[Count | None, "the last number, as a later boot stated it"]
    logged: list[Range]
    dropped: list[Range]
    missing: list[Range]
    awaited: list[Range]
    drops: list[Drop | RefusedDrop]
    closed: Annotated[bool, "all are logged or dropped, and no more can come"]


@dataclass(frozen=True, slots=True)
class Counters:
    """What a board counts (docs/spec/wire.md, "Counters")."""

    least_free_heap: Count
    uplink_failures: Count
    wifi_joins: Count
    sensor_failures: Count
    dropped: Count
    watchdog_resets: Count


@dataclass(frozen=True, slots=True)
class Memory:
    """The chip's own heap beside MicroPython's, in bytes."""

    free: Count
    largest: Annotated[Count, "free block"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A board's statement about itself."""

    leaf: Count
    device: Hash
    boot: Count
    sequence: Count
    time: Time | None
    received: Time
    mac: Mac
    hwmodel: str
    uptime: Annotated[Count, "seconds"]
    bootcount: Count
    firmware: str
    reset_cause: str
    clock_source: str
    clock_uncertainty_ms: Count | None
    previous_last: MessageId | None
    acknowledged_to: MessageId | None
    dropped: Annotated[list[tuple[Count, Count, Count]], "boot, first, last"]
    drops: list[StatedDrop | RefusedStatedDrop]
    last_ack: Annotated[Hash | None, "SHA-256 of the last acknowledgement"]
    counters: Counters | None
    signer: str | None
    memory: Memory | None
    nonce: Annotated[Bytes | None, "of the challenge that it answers"]
    message: Annotated[Bytes, "COSE_Sign1"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to a board, and the statement that answered it."""

    nonce: Bytes
    asked: Time
    given: Annotated[Time | None, "when an acknowledgement first carried it"]
    answer: Annotated[Statement | Damaged | None, "null while it is open"]


@dataclass(frozen=True, slots=True)
class DeviceReport(DeviceOverview):
    """Everything that the gateway knows of one device."""

    boots: list[BootAccount]
    evidence: Annotated[list[Count], "leaves that show two messages under one number"]
    statements: Annotated[list[Statement], "the newest first"]
    challenges: list[Challenge]
    damaged: Annotated[list[DamagedLeaf], "statements that the account is without"]


@dataclass(frozen=True, slots=True)
class Record:
    """One value, with the digits that were signed."""

    name: str
    unit: str | None
    value: Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """One message of values."""

    leaf: Count
    device: Hash
    boot: Count
    sequence: Count
    time: Annotated[Time | None, "when the board says that it sealed it"]
    derived_time: Annotated[int | None, "from a later statement, where its clock was unset"]
    received: Time
    records: list[Record]
    leaf_hash: Hash
    message: Annotated[Bytes, "COSE_Sign1"]


@dataclass(frozen=True, slots=True)
class Readings:
    """A page of readings, in the order of the log."""

    readings: list[Reading]
    damaged: Annotated[list[DamagedLeaf], "readings that are left out"]
    after: Annotated[Count | None, "the next page's cursor; null on the last"]


@dataclass(frozen=True, slots=True)
class LeafProof:
    """Everything that proves one leaf."""

    origin: Origin
    leaf: Count
    leaf_hash: Hash
    kind: LeafKind
    message: Annotated[Bytes, "the leaf's entry"]
    received: Time
    device: Annotated[Device | None, "null for evidence"]
    size: Annotated[Count, "of the checkpoint"]
    root: Hash
    path: Annotated[list[Hash], "from the leaf to the root (RFC 9162 section 2.1.3)"]
    checkpoint: Annotated[str, "signed (C2SP tlog-checkpoint)"]
    receipt: Annotated[Bytes, "COSE receipt of inclusion"]
    anchor: Annotated[AnchorReceipt | None, "the same as in `anchors`, if it is on an EVM chain"]
    anchors: Annotated[
        list[AnyAnchor], "where chains have the checkpoint, as in a proof's file"
    ] = field(default_factory=list)

"""Proof file: JSON, with each signed part as the hexadecimal digits of its bytes (docs/spec/proof.md).

    {"format": "sealmote-proof/2",
     "message": HEX,                                       the sealed reading, COSE_Sign1
     "device": {"key": HEX, "registration": HEX | null},   COSE_Key; the key's own consent
     "log": {"key": VKEY, "checkpoint": NOTE, "receipt": HEX},
     "anchors": [{"type": "evm", "chain_id": N, "contract": 0xHEX, "transaction": 0xHEX,
                  "block": N, "block_hash": 0xHEX, "block_time": N}, …]}

Cosignatures of witnesses are further signature lines of the checkpoint's note (C2SP tlog-cosignature).
`parse` takes nothing else, no further keys and no other spellings of the same bytes, but for two things: an
anchor of a type that is not known here is kept as it is; and files of format 1 are read, which have one
anchor, of EVM, or null: "anchor": {"chain_id": N, …}.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from sealmote.chain.anchors import AnyAnchor, OtherAnchor
from sealmote.chain.evm.claim import AnchorClaim as EvmClaim
from sealmote.chain.protocols import AnchorClaim
from sealmote.models import FieldError, Hex, JsonError, ModelError, plain
from sealmote.models import parse as read
from sealmote.models.jsontext import loads
from sealmote.proof.errors import ProofFileError

FORMAT: Final = "sealmote-proof/2"
FORMER: Final = "sealmote-proof/1"
MAX_FILE = 1 << 19  # bytes: the largest note (log.note.MAX_NOTE) and as much beside it
MAX_ANCHORS = 16

Bytes = Annotated[bytes, Hex()]


@dataclass(frozen=True, slots=True)
class DevicePart:
    """Who sealed the message: its COSE_Key, and the key's own consent to be registered."""

    key: Bytes
    registration: Bytes | None


@dataclass(frozen=True, slots=True)
class LogPart:
    """What a log says of the message."""

    key: Annotated[str, "the log's key as C2SP signed-note writes it"]
    checkpoint: Annotated[str, "C2SP tlog-checkpoint, with every signature line it came with"]
    receipt: Annotated[Bytes, "of inclusion in the checkpoint's tree (RFC 9942)"]


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof's file."""

    format: Literal["sealmote-proof/2"]
    message: Annotated[Bytes, "COSE_Sign1"]
    device: DevicePart
    log: LogPart
    anchors: tuple[AnyAnchor, ...]

    def __post_init__(self) -> None:
        if len(self.anchors) > MAX_ANCHORS:
            raise FieldError(f"are more than {MAX_ANCHORS}", "anchors")


@dataclass(frozen=True, slots=True)
class FormerProofFile:
    """A file of format 1, whose anchor is on an EVM chain."""

    format: Literal["sealmote-proof/1"]
    message: Bytes
    device: DevicePart
    log: LogPart
    anchor: EvmClaim | None


@dataclass(frozen=True)
class Proof:
    """Everything that a verifier needs. The parts are as they were signed, none checked yet."""

    message: bytes
    device_key: bytes
    registration: bytes | None
    log_key: str
    checkpoint: str
    receipt: bytes
    anchors: tuple[AnchorClaim | OtherAnchor, ...]

    @property
    def claims(self) -> tuple[AnchorClaim, ...]:
        """The anchors of known types."""
        return tuple(one for one in self.anchors if not isinstance(one, OtherAnchor))

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def to_dict(self) -> dict[str, object]:
        """Return the file's object."""
        device = DevicePart(self.device_key, self.registration)
        log = LogPart(self.log_key, self.checkpoint, self.receipt)
        return plain(ProofFile(FORMAT, self.message, device, log, self.anchors))


def parse(text: str | bytes) -> Proof:
    """Read a proof's file. Raises ProofFileError, naming the key, unless it parses whole."""
    if len(text) > MAX_FILE:
        raise ProofFileError(f"the file has over {MAX_FILE} bytes: it is no proof of one reading")
    try:
        value = loads(text)
    except JsonError as error:
        raise ProofFileError(f"the file is not JSON ({error}): ask for the proof again") from error
    return from_dict(value)


def from_dict(value: object) -> Proof:
    """Read a proof's object. Raises ProofFileError, naming the key."""
    named = value.get("format") if isinstance(value, dict) else None
    try:
        if named == FORMAT:
            file = read(ProofFile, value)
            return _proof(file, file.anchors)
        if named == FORMER:
            former = read(FormerProofFile, value)
            return _proof(former, () if former.anchor is None else (former.anchor,))
    except ModelError as error:
        raise ProofFileError(str(error)) from error
    raise ProofFileError(
        f"the proof's format is {named!r}; this program reads {FORMAT!r} and {FORMER!r}:"
        " bring Sealmote up to date, or name a proof"
    )


def _proof(
    file: ProofFile | FormerProofFile, anchors: tuple[AnchorClaim | OtherAnchor, ...]
) -> Proof:
    return Proof(
        file.message,
        file.device.key,
        file.device.registration,
        file.log.key,
        file.log.checkpoint,
        file.log.receipt,
        anchors,
    )

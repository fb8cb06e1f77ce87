"""Proof file: JSON, with each signed part as the hexadecimal digits of its bytes.

    {"format": "sealmote-proof/1",
     "message": HEX,                                       the sealed reading, COSE_Sign1
     "device": {"key": HEX, "registration": HEX | null},   COSE_Key; the key's own consent
     "log": {"key": VKEY, "checkpoint": NOTE, "receipt": HEX},
     "anchor": {"chain_id": N, "contract": 0xHEX, "transaction": 0xHEX,
                "block": N, "block_hash": 0xHEX, "block_time": N} | null}

`parse` takes nothing else: no further keys, no other spellings of the same bytes.
"""

import json
from dataclasses import dataclass

from sealmote.proof.errors import ProofFileError

FORMAT = "sealmote-proof/1"
MAX_FILE = 65536
_UINT64 = (1 << 64) - 1


@dataclass(frozen=True)
class AnchorClaim:
    """Where the file says that the checkpoint's root stands.

    ``contract`` 20 bytes, ``transaction`` and ``block_hash`` 32, ``block_time`` in Unix seconds.
    """

    chain_id: int
    contract: bytes
    transaction: bytes
    block: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True)
class Proof:
    """Everything that a verifier needs. The parts are as they were signed, none checked yet."""

    message: bytes
    device_key: bytes
    registration: bytes | None
    log_key: str
    checkpoint: str
    receipt: bytes
    anchor: AnchorClaim | None

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def to_dict(self) -> dict[str, object]:
        """Return the file's object."""
        anchor = self.anchor
        return {
            "format": FORMAT,
            "message": self.message.hex(),
            "device": {
                "key": self.device_key.hex(),
                "registration": None if self.registration is None else self.registration.hex(),
            },
            "log": {
                "key": self.log_key,
                "checkpoint": self.checkpoint,
                "receipt": self.receipt.hex(),
            },
            "anchor": None
            if anchor is None
            else {
                "chain_id": anchor.chain_id,
                "contract": "0x" + anchor.contract.hex(),
                "transaction": "0x" + anchor.transaction.hex(),
                "block": anchor.block,
                "block_hash": "0x" + anchor.block_hash.hex(),
                "block_time": anchor.block_time,
            },
        }


def parse(text: str | bytes) -> Proof:
    """Read a proof's file. Raises ProofFileError, naming the key, unless it parses whole."""
    if len(text) > MAX_FILE:
        raise ProofFileError(f"the file has over {MAX_FILE} bytes: it is no proof of one reading")
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise ProofFileError(f"the file is not JSON ({error}): ask for the proof again") from error
    return from_dict(value)


def from_dict(value: object) -> Proof:
    """Read a proof's object. Raises ProofFileError, naming the key."""
    top = _object(value, "the proof", {"format", "message", "device", "log", "anchor"})
    if top["format"] != FORMAT:
        raise ProofFileError(f"the format is {top['format']!r}; this program reads {FORMAT!r}")
    device = _object(top["device"], "device", {"key", "registration"})
    log = _object(top["log"], "log", {"key", "checkpoint", "receipt"})
    return Proof(
        message=_hex(top["message"], "message"),
        device_key=_hex(device["key"], "device.key"),
        registration=None
        if device["registration"] is None
        else _hex(device["registration"], "device.registration"),
        log_key=_text(log["key"], "log.key"),
        checkpoint=_text(log["checkpoint"], "log.checkpoint"),
        receipt=_hex(log["receipt"], "log.receipt"),
        anchor=None if top["anchor"] is None else _anchor(top["anchor"]),
    )


def _anchor(value: object) -> AnchorClaim:
    keys = {"chain_id", "contract", "transaction", "block", "block_hash", "block_time"}
    anchor = _object(value, "anchor", keys)
    return AnchorClaim(
        chain_id=_uint(anchor["chain_id"], "anchor.chain_id"),
        contract=_evm_hex(anchor["contract"], "anchor.contract", 20),
        transaction=_evm_hex(anchor["transaction"], "anchor.transaction", 32),
        block=_uint(anchor["block"], "anchor.block"),
        block_hash=_evm_hex(anchor["block_hash"], "anchor.block_hash", 32),
        block_time=_uint(anchor["block_time"], "anchor.block_time"),
    )


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _object(value: object, what: str, keys: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) != keys:
        raise ProofFileError(f"{what} must have exactly the keys {', '.join(sorted(keys))}")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ProofFileError(f"{what} is not text")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can spell
        raise ProofFileError(f"{what} is not whole Unicode text ({error.reason})") from error
    return value


def _evm_hex(value: object, what: str, size: int) -> bytes:
    text = _text(value, what)
    if not text.startswith("0x"):
        raise ProofFileError(f"{what} does not begin with 0x")
    return _hex(text.removeprefix("0x"), what, size)


def _hex(value: object, what: str, size: int | None = None) -> bytes:
    text = _text(value, what)
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise ProofFileError(f"{what} is not hexadecimal digits") from error
    if data.hex() != text or size not in (None, len(data)):
        raise ProofFileError(f"{what} is not {size or 'whole'} bytes in lower-case hexadecimal")
    return data


def _uint(value: object, what: str) -> int:
    if type(value) is not int or not 0 <= value <= _UINT64:
        raise ProofFileError(f"{what} is not a whole number of at most 64 bits")
    return value

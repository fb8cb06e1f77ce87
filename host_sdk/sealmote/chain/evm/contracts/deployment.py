"""Deployment file: the chain, two contract addresses, and the block to search events from.

The file is JSON and is read strictly:

    {"chain_id": 1, "registry": "0x…", "anchor": "0x…", "block": 123}

A key "type" may say that the chain is of this kind, "evm".
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from sealmote.chain.errors import DeploymentError
from sealmote.chain.evm.encoding.hexadecimal import data
from sealmote.chain.evm.transactions.account import checksum
from sealmote.common import text_encoding
from sealmote.models import (
    FieldType,
    Json,
    JsonError,
    ModelError,
    Schemas,
    Whole,
    parse_json,
    plain,
)
from sealmote.models.faults import Findings, Spot

_MAX_FILE = 4096
_UINT256 = (1 << 256) - 1


class AddressField(FieldType):
    """An EVM address: 0x and 40 hexadecimal digits of either case, written with its checksum (EIP-55)."""

    def read(self, value: object, spot: Spot, findings: Findings) -> bytes:
        """Return 20 bytes."""
        try:
            return data(value, 20)
        except ValueError:
            findings.add(spot, "is not 0x and 40 hexadecimal digits")
            return b""

    def write(self, value: bytes) -> str:
        """Return the address with its checksum."""
        return checksum(value)

    def schema(self, _schemas: Schemas) -> Json:
        """Return the JSON Schema."""
        return {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}


Address = Annotated[bytes, AddressField()]


@dataclass(frozen=True)
class Deployment:
    """The contracts on a chain: 20-byte addresses, and the block that the first was made in."""

    chain_id: Annotated[int, Whole(1, _UINT256)]
    registry: Address
    anchor: Address
    block: Annotated[int, Whole(0, _UINT256)]
    type: Literal["evm"] = "evm"

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(plain(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Deployment":
        """Read it; DeploymentError for anything that `to_json` would not have written."""
        try:
            return parse_json(cls, text)
        except (JsonError, ModelError) as error:
            raise DeploymentError(
                f"not a deployment ({error}): use the file that `sealmote chain deploy` wrote"
            ) from error

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; durable on return."""
        draft = path.with_name(path.name + ".new")
        try:
            with draft.open("w") as file:
                file.write(self.to_json())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise DeploymentError(f"cannot write {path}: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> "Deployment":
        """Read a file; DeploymentError if it cannot be read or is no deployment."""
        try:
            with path.open("rb") as file:
                text = text_encoding.decode(file.read(_MAX_FILE))
        except OSError as error:
            raise DeploymentError(f"cannot read {path}: {error.strerror}") from error
        except text_encoding.TextError as error:
            raise DeploymentError(f"{path} is no text: {error}") from error
        return cls.from_json(text)

"""Deployment file: the chain, two contract addresses, and the block to search events from.

The file is JSON and is read strictly:

    {"chain_id": 1, "registry": "0x…", "anchor": "0x…", "block": 123}

A key "type" may say that the chain is of this kind, "evm".
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sealmote.chain.errors import DeploymentError
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.evm.encoding.hexadecimal import data
from sealmote.chain.evm.transactions.account import checksum
from sealmote.common import text_encoding

_FIELDS = {"chain_id", "registry", "anchor", "block"}
_MAX_FILE = 4096


@dataclass(frozen=True)
class Deployment:
    """The contracts on a chain: 20-byte addresses, and the block that the first was made in."""

    chain_id: int
    registry: bytes
    anchor: bytes
    block: int

    def to_json(self) -> str:
        """Return the file's text."""
        fields = {
            "chain_id": self.chain_id,
            "registry": checksum(self.registry),
            "anchor": checksum(self.anchor),
            "block": self.block,
        }
        return json.dumps(fields, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Deployment":
        """Read it; DeploymentError for anything that `to_json` would not have written."""
        try:
            return cls._parse(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise DeploymentError(
                f"not a deployment ({error}): use the file that `sealmote chain deploy` wrote"
            ) from error

    @classmethod
    def _parse(cls, fields: object) -> "Deployment":
        if not isinstance(fields, dict) or fields.keys() - {"type"} != _FIELDS:
            raise ValueError(f"exactly the fields {', '.join(sorted(_FIELDS))} belong there")
        if fields.get("type", AnchorClaim.type) != AnchorClaim.type:
            raise ValueError("it is of another type of chain")
        for name, least in (("chain_id", 1), ("block", 0)):
            if type(fields[name]) is not int or not least <= fields[name] < 2**256:
                raise ValueError(f"{name} is no number from {least}")
        return cls(
            fields["chain_id"],
            data(fields["registry"], 20),
            data(fields["anchor"], 20),
            fields["block"],
        )

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

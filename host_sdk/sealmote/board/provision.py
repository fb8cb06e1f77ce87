"""Calls of the firmware's provisioning module over a REPL: identity, registration, configuration.

Anything with ``exec(code) -> printed text`` is a REPL: a simulated board, or a real one by mpremote.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sealmote.common import text_encoding
from sealmote.errors import SealmoteError
from sealwire.errors import WireError
from sealwire.keys import ALGORITHM_NAMES, PublicKey
from sealwire.registration import Terms, open_terms

_CHALLENGE_S: Final = 600
_PIECE: Final = 512  # bytes of a file at a time, twice as many in hex
_NOBODY: Final = bytes(20)


class ProvisioningError(SealmoteError):
    """A board whose answer is not what its firmware gives."""


class Repl(Protocol):
    """Where a snippet of MicroPython can be run."""

    def exec(self, code: str) -> str:
        """Run code on the board; return what it printed."""


@dataclass(frozen=True)
class BoardIdentity:
    """A board's public key, its MAC (6 bytes), and the highest boot number that it has taken."""

    key: PublicKey
    mac: bytes
    last_boot: int


@dataclass(frozen=True)
class GatewayPin:
    """What a board pins of its gateway: URL, log origin, and the key of its acknowledgements."""

    url: str
    origin: str
    key: PublicKey

    def config(self) -> dict[str, str]:
        """Return the section ``gateway`` of a board's configuration."""
        return {"url": self.url, "origin": self.origin, "key": self.key.cose().hex()}


def identity(repl: Repl, alg: str = "ES256") -> BoardIdentity:
    """Ask a board who it is; a new board makes its key now. Raises ProvisioningError."""
    answer = _ask(repl, f"identity({alg!r})", {"alg", "key", "thumbprint", "mac", "boot"})
    try:
        key = PublicKey.parse(bytes.fromhex(answer["key"]))
        mac, last_boot = bytes.fromhex(answer["mac"]), int(answer["boot"])
    except (ValueError, WireError) as error:
        raise ProvisioningError(
            f"the board's key does not parse ({error}): flash it again"
        ) from error
    if key.thumbprint().hex() != answer["thumbprint"] or ALGORITHM_NAMES[key.alg] != answer["alg"]:
        raise ProvisioningError("the board's key and its thumbprint disagree: flash it again")
    if len(mac) != 6:
        raise ProvisioningError("the board's MAC is not 6 bytes: flash it again")
    return BoardIdentity(key, mac, last_boot)


def register(repl: Repl, key: PublicKey, terms: Terms) -> bytes:
    """Have a board sign its consent to ``terms``; returns the message, checked.

    Raises ProvisioningError if the answer is not this key's consent to exactly these terms.
    """
    call = (
        f"register({terms.chain_id}, {terms.contract.hex()!r}, {terms.owner.hex()!r},"
        f" {terms.nonce}, {terms.deadline})"
    )
    answer = _ask(repl, call, {"registration"})
    try:
        message = bytes.fromhex(answer["registration"])
        signed = open_terms(message, key)
    except (ValueError, WireError) as error:
        raise ProvisioningError(f"the board's registration does not hold ({error})") from error
    if signed.encode() != terms.encode():
        raise ProvisioningError("the board signed other terms than it was asked to: do not use it")
    return message


def challenge(repl: Repl, key: PublicKey) -> None:
    """Have a board show that it holds the key now. Raises ProvisioningError.

    What it signs are terms for no chain with a fresh random nonce, which every registry refuses
    (docs/spec/wire.md, "Registration"): nobody can use the signature for anything else.
    """
    nonce = secrets.randbits(256) | 1
    register(repl, key, Terms(0, _NOBODY, _NOBODY, nonce, int(time.time()) + _CHALLENGE_S))


@dataclass(frozen=True)
class BoardConfiguration:
    """Sections that a board is configured with, of `wifi` the name only; ``fault``: why there are none."""

    sections: dict[str, Any]
    fault: str


def configuration(repl: Repl) -> BoardConfiguration:
    """Ask a board for its configuration, without the Wi-Fi's password. Raises ProvisioningError."""
    answer = _ask(repl, "kept()", {"sections", "fault"})
    try:
        sections = json.loads(answer["sections"])
    except ValueError as error:
        raise ProvisioningError(f"the board's configuration does not parse ({error})") from error
    if not isinstance(sections, dict):
        raise ProvisioningError("the board's configuration is no object: flash the board again")
    return BoardConfiguration(sections, answer["fault"])


def upload(repl: Repl, path: str, content: bytes) -> None:
    """Put a file on a board; read back and compared on return. Raises ProvisioningError."""
    for at in range(0, len(content), _PIECE):
        piece = content[at : at + _PIECE].hex()
        _obey(repl, f"upload({path!r}, {at}, {piece!r})")
    _obey(repl, f"compare({path!r}, {hashlib.sha256(content).hexdigest()!r})")


def remove(repl: Repl, path: str) -> None:
    """Take a file off a board; one that is not there is gone already. Raises ProvisioningError."""
    _obey(repl, f"remove({path!r})")


def check(repl: Repl, config: Mapping[str, object]) -> None:
    """Have a board check a configuration; ProvisioningError lists every fault."""
    _demand(repl, "check", config, "the board refuses the configuration, and keeps its own: ")


def join(repl: Repl, config: Mapping[str, object]) -> None:
    """Have a board try the network of a sound configuration; ProvisioningError says why not."""
    _demand(repl, "join", config, "the board cannot join the Wi-Fi: ")


def configure(repl: Repl, config: Mapping[str, object]) -> None:
    """Replace a board's configuration; durable on return. ProvisioningError: the old one stays."""
    _demand(repl, "configure", config, "")


def _demand(repl: Repl, what: str, config: Mapping[str, object], refusal: str) -> None:
    _obey(repl, f"{what}({text_encoding.json_for_board(config)!r})", refusal)


def _obey(repl: Repl, call: str, refusal: str = "") -> None:
    fault = _ask(repl, call, {"fault"})["fault"]
    if fault:
        raise ProvisioningError(refusal + fault)


def _ask(repl: Repl, call: str, keys: set[str]) -> dict[str, str]:
    printed = repl.exec(f"from mote.setup import provision; provision.{call}")
    try:
        answer = json.loads(printed.strip().rpartition("\n")[2])
    except ValueError as error:
        raise ProvisioningError(
            f"the board answered {printed[-200:]!r}: is it one of Sealmote's? Flash it first"
        ) from error
    if not isinstance(answer, dict) or set(answer) != keys:
        raise ProvisioningError("the board's answer is of another version: flash it again")
    if not all(isinstance(value, str) for value in answer.values()):
        raise ProvisioningError("the board's answer is of another version: flash it again")
    return answer

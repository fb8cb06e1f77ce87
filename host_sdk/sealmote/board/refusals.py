"""Acknowledgements that refused a board's messages, fetched over its REPL and checked.

A board keeps each until a statement has named what it refused (docs/spec/wire.md, "A statement").
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sealmote import crypto
from sealmote.board.provision import ProvisioningError, Repl
from sealmote.common import drop_causes
from sealwire import ack, envelope
from sealwire.errors import CODE_NAMES, WireError
from sealwire.keys import PublicKey

_CALL: Final = "from mote.attestation import refusal_report; refusal_report.report()"

Range = tuple[int, int, int, int]
"""Boot, first and last sequence number, and the code of their refusal."""


@dataclass(frozen=True)
class Refusal:
    """An acknowledgement that refused: ``ranges`` are what of it is still to be stated.

    ``message`` is None where the board kept its hash (SHA-256) alone.
    """

    hash: bytes
    ranges: tuple[Range, ...]
    message: bytes | None

    def problem(self, key: PublicKey) -> str | None:
        """Say why it does not prove that the holder of ``key`` refused the ranges; None where it does."""
        if self.message is None:
            return "the board had no room for it: its hash is all that there is"
        if sha256(self.message).digest() != self.hash:
            return "its bytes are not those that the board signs the hash of: they are damaged"
        try:
            payload = _opened(self.message, key)
            acknowledgement = ack.Acknowledgement.parse(payload)
        except WireError as error:
            return str(error)
        codes = {one.code for one in acknowledgement.outcomes if one.result == ack.REFUSED}
        for code in {one[3] for one in self.ranges} - codes:
            return f"it refuses nothing as {CODE_NAMES.get(code, code)}, which the board states"
        return None

    def explain(self) -> list[str]:
        """Return an explanation of each range."""
        return [
            f"boot {boot}, sequence {first} to {last}: {drop_causes.explain(code, self.hash)}"
            for boot, first, last, code in self.ranges
        ]


@dataclass(frozen=True)
class KeptRefusals:
    """The refusals that a board keeps, and the gateway's key that it has pinned (None: not set up)."""

    key: PublicKey | None
    refusals: tuple[Refusal, ...]


def ask(repl: Repl) -> KeptRefusals:
    """Ask a board for every refusal that it keeps. Raises ProvisioningError for no sound answer."""
    printed = repl.exec(_CALL)
    try:
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        head, *rest, end = lines
        if end["end"] != len(rest):
            raise ValueError(f"{len(rest)} of {end['end']} came")
        key = PublicKey.parse(bytes.fromhex(head["key"])) if head["key"] else None
        return KeptRefusals(key, tuple(_refusal(one) for one in rest))
    except (ValueError, KeyError, TypeError, WireError) as error:
        raise ProvisioningError(
            f"the board answered {printed[-200:]!r} ({error}): its firmware keeps no refusals, or is of"
            " another version; flash it again (`sealmote flash`: key, configuration and readings stay)"
        ) from error


def _refusal(said: Any) -> Refusal:
    ranges = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in said["runs"])
    message = bytes.fromhex(said["message"])
    return Refusal(bytes.fromhex(said["refusal"]), ranges, message or None)


def _opened(message: bytes, key: PublicKey) -> bytes:
    signed, signature, payload = envelope.take_apart(message, key.alg, ack.MEDIA_TYPE, ack.MAX_ACK)
    if not crypto.verify(key, signed, signature):
        raise WireError(1, "it is not by the gateway's key")
    return payload

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

_CALL: Final = "from mote.attestation import refusal_report; refusal_report.tell()"

Numbers = tuple[int, int, int, int]
"""Boot, first and last sequence number, and the code of their refusal."""


@dataclass(frozen=True)
class Refusal:
    """An acknowledgement that refused: ``runs`` are what of it is still to be stated.

    ``message`` is None where the board kept its hash (SHA-256) alone.
    """

    hash: bytes
    runs: tuple[Numbers, ...]
    message: bytes | None

    def problem(self, key: PublicKey) -> str | None:
        """Say what keeps it from proving that the holder of ``key`` refused the runs; None for nothing."""
        if self.message is None:
            return "the board had no room for it: its hash is all that there is"
        if sha256(self.message).digest() != self.hash:
            return "its bytes are not those that the board signs the hash of: they are damaged"
        try:
            payload = _opened(self.message, key)
            told = ack.Acknowledgement.parse(payload)
        except WireError as error:
            return str(error)
        codes = {one.code for one in told.outcomes if one.result == ack.REFUSED}
        for code in {run[3] for run in self.runs} - codes:
            return f"it refuses nothing as {CODE_NAMES.get(code, code)}, which the board states"
        return None

    def words(self) -> list[str]:
        """Return each run in words."""
        return [
            f"boot {boot}, sequence {first} to {last}: {drop_causes.in_words(code, self.hash)}"
            for boot, first, last, code in self.runs
        ]


@dataclass(frozen=True)
class Told:
    """What a board told: the gateway's key that it has pinned, None if it is not set up, and refusals."""

    key: PublicKey | None
    refusals: tuple[Refusal, ...]


def ask(repl: Repl) -> Told:
    """Ask a board for every refusal that it keeps. Raises ProvisioningError for no sound answer."""
    printed = repl.exec(_CALL)
    try:
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        head, *rest, end = lines
        if end["end"] != len(rest):
            raise ValueError(f"{len(rest)} of {end['end']} came")
        key = PublicKey.parse(bytes.fromhex(head["key"])) if head["key"] else None
        return Told(key, tuple(_refusal(one) for one in rest))
    except (ValueError, KeyError, TypeError, WireError) as error:
        raise ProvisioningError(
            f"the board answered {printed[-200:]!r} ({error}): its firmware keeps no refusals, or is of"
            " another version; flash it again (`sealmote flash`: key, configuration and readings stay)"
        ) from error


def _refusal(said: Any) -> Refusal:
    runs = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in said["runs"])
    message = bytes.fromhex(said["message"])
    return Refusal(bytes.fromhex(said["refusal"]), runs, message or None)


def _opened(message: bytes, key: PublicKey) -> bytes:
    signed, signature, payload = envelope.take_apart(message, key.alg, ack.MEDIA_TYPE, ack.MAX_ACK)
    if not crypto.verify(key, signed, signature):
        raise WireError(1, "it is not by the gateway's key")
    return payload

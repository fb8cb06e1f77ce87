"""Challenges to devices: the nonce of each, and the statement that answered it."""

import json
import secrets
from collections.abc import Collection
from typing import NamedTuple

from sealmote.gateway.errors import ChallengeError
from sealmote.gateway.store import devices
from sealmote.gateway.store.session import Reader, Transaction

MOST_OPEN = 16  # of one device
NONCE_MIN, NONCE_MAX = 8, 64  # bytes, RFC 9711 section 4.1
_NONCE_SIZE = 32

_CHALLENGE = "SELECT nonce, asked, given, answered FROM challenges"


class Challenge(NamedTuple):
    """Times in Unix seconds.

    `asked`: by the operator · `given`: when an acknowledgement first carried it, None until then ·
    `answered`: the number of the leaf that is the answer, None while it is open.
    """

    nonce: bytes
    asked: int
    given: int | None
    answered: int | None


class _Open(NamedTuple):
    challenge: int
    kid: bytes
    nonce: bytes


def ask(transaction: Transaction, thumbprint: bytes, nonce: bytes | None, now: int) -> Challenge:
    """Note a challenge, for the next acknowledgement to the device; without a nonce, a random one.

    Raises DeviceError if the device is not there, ChallengeError if it cannot be asked that.
    """
    device = devices.get(transaction, thumbprint)
    nonce = secrets.token_bytes(_NONCE_SIZE) if nonce is None else nonce
    if not NONCE_MIN <= len(nonce) <= NONCE_MAX:
        raise ChallengeError(
            f"a nonce of {len(nonce)} bytes: give {NONCE_MIN} to {NONCE_MAX}, or none for a random one"
        )
    if device.revoked is not None:
        raise ChallengeError(
            f"device {thumbprint.hex()} is revoked: its answer would not be accepted"
        )
    known = of(transaction, device.device)
    if any(one.nonce == nonce for one in known):
        raise ChallengeError("this device was asked that nonce already: give a new one")
    if sum(one.answered is None for one in known) >= MOST_OPEN:
        raise ChallengeError(
            f"{MOST_OPEN} challenges to this device are open: see whether it sends at all"
        )
    transaction.execute(
        "INSERT INTO challenges (device, nonce, asked) VALUES (?, ?, ?)",
        (device.device, nonce, now),
    )
    return Challenge(nonce, now, None, None)


def give(
    transaction: Transaction, of_devices: Collection[int], now: int
) -> tuple[bytes, bytes] | None:
    """Return the kid and the nonce of the newest open challenge to one of these devices.

    It is given again and again until its answer is there: an acknowledgement may be lost.
    """
    if not of_devices:
        return None
    row = transaction.first(
        _Open,
        "SELECT challenge, kid, nonce FROM challenges JOIN devices USING (device)"
        " WHERE device IN (SELECT value FROM json_each(?)) AND answered IS NULL AND revoked IS NULL"
        " ORDER BY challenge DESC LIMIT 1",
        (json.dumps(list(of_devices)),),
    )
    if row is None:
        return None
    transaction.execute(
        "UPDATE challenges SET given = ? WHERE challenge = ? AND given IS NULL",
        (now, row.challenge),
    )
    return row.kid, row.nonce


def answer(transaction: Transaction, device: int, nonce: bytes, leaf: int) -> None:
    """Close the challenge that a device's accepted statement answers, if it was given one such."""
    transaction.execute(
        "UPDATE challenges SET answered = ?"
        " WHERE device = ? AND nonce = ? AND given IS NOT NULL AND answered IS NULL",
        (leaf, device, nonce),
    )


def of(reader: Reader, device: int) -> list[Challenge]:
    """Return a device's challenges, newest first."""
    query = f"{_CHALLENGE} WHERE device = ? ORDER BY challenge DESC"
    return reader.all(Challenge, query, (device,))

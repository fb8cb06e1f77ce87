"""The fixed keys and contents that the vectors are made of."""

from hashlib import sha256
from typing import Any

from sealwire import ack, message, registration
from sealwire.errors import BUSY, REVOKED
from sealwire.keys import ES256, ES256K, SecretKey
from sealwire.senml import Pack, Record
from sealwire.statement import Account, Statement

ORIGIN = "sealmote.example/demo"
NOW = 1764000000  # 2025-11-24T16:00:00Z
Case = dict[str, Any]


def _secret(label: str) -> bytes:
    return sha256(b"Sealmote test vectors, " + label.encode()).digest()


SECRETS = {
    "board": (ES256, _secret("board")),
    "board-k": (ES256K, _secret("board-k")),
    "other": (ES256, _secret("other")),
    "gateway": (ES256, _secret("gateway")),
}
KEYS = {name: SecretKey(alg, secret) for name, (alg, secret) in SECRETS.items()}
BOARD, GATEWAY, OTHER = KEYS["board"], KEYS["gateway"], KEYS["other"]

T, H, P = Record("t", "Cel", 2150, -2), Record("h", "%RH", 4512, -2), Record("p", "Pa", 65311)
READING = Pack(NOW, [T, H, P])
_MAC = bytes.fromhex("240ac4123456")


def sealed(content: Pack | Statement, key: str = "board", iat: int | None = NOW) -> bytes:
    """Return the content as number 17 of boot 3."""
    return message.seal(KEYS[key], content, 3, 17, iat)


def small_statement() -> Statement:
    """Return a statement with what is required alone."""
    return Statement(_MAC, b"ESP32", 2, 3, "sealmote", "0.1.0", Account(0, 0))


def full_statement() -> Statement:
    """Return a statement with every claim."""
    runs, last_ack = [(1, 5, 5), (2, 3, 9)], sha256(b"ack").digest()
    counters = (48_000, 3, 2, 0, 8, 1)
    account = Account(2, 1, 15, (2, 900), (2, 880), runs, last_ack, counters)
    return Statement(
        _MAC, b"ESP32-S3", 86400, 3, "sealmote", "0.1.0", account, sha256(b"block").digest()
    )


def outcomes() -> list[ack.Outcome]:
    """Return one outcome of each result."""
    leaves = [sha256(bytes([number])).digest() for number in range(5)]
    return [
        ack.Outcome(leaves[0], ack.ACCEPTED),
        ack.Outcome(leaves[1], ack.DUPLICATE, None, leaves[4], NOW - 100),
        ack.Outcome(leaves[2], ack.RETRY, BUSY),
        ack.Outcome(leaves[3], ack.REFUSED, REVOKED),
    ]


def challenge() -> tuple[bytes, bytes]:
    """Return the board's kid and a nonce."""
    return BOARD.public.kid(), sha256(b"block").digest()


def terms() -> registration.Terms:
    """Return the terms of a registration."""
    return registration.Terms(31337, b"\x0c" * 20, b"\x0e" * 20, 7, NOW + 3600)

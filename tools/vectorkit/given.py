"""The fixed keys and contents that the vectors are made of."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sealwire import ack, message, registration
from sealwire.errors import BUSY, MALFORMED, REVOKED
from sealwire.keys import ES256, ES256K, SecretKey
from sealwire.outcome import DAMAGED, FOR_ROOM, SEVERAL, UNKEPT
from sealwire.senml import Pack, Record
from sealwire.statement import CONTENT_FORMAT, FIRST_FORMAT, SIGNERS, Account, Statement

if TYPE_CHECKING:
    from sealwire.statement import Range

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


def small_statement(content_format: int = CONTENT_FORMAT) -> Statement:
    """Return a statement with what is required alone."""
    account = Account(0, 0)
    return Statement(_MAC, b"ESP32", 2, 3, "sealmote", "0.1.0", account, None, content_format)


def full_statement(content_format: int = CONTENT_FORMAT) -> Statement:
    """Return a statement with every claim, and runs of every kind."""
    last_ack = sha256(b"ack").digest()
    runs: list[Range] = [
        (1, 5, 5, FOR_ROOM, None),
        (2, 3, 9, REVOKED, sha256(b"refusal").digest()),
        (2, 11, 11, MALFORMED, None),
        (2, 12, 12, UNKEPT, None),
        (2, 20, 24, DAMAGED, None),
        (2, 30, 90, SEVERAL, None),
    ]
    if content_format == FIRST_FORMAT:
        runs = runs[:2]  # of which it has the numbers alone
    counters = (48_000, 3, 2, 0, 8, 1)
    account = Account(2, 1, 15, (2, 900), (2, 880), runs, last_ack, counters)
    if content_format != FIRST_FORMAT:
        account.signer, account.memory = SIGNERS.index("python"), (71_280, 40_960)
    nonce = sha256(b"block").digest()
    return Statement(
        _MAC, b"ESP32-S3", 86400, 3, "sealmote", "0.1.0", account, nonce, content_format
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

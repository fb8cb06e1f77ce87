"""Accounts that pay for transactions: a secp256k1 key that signs here and is never sent anywhere.

A key comes from a file that only its owner can read, or from an environment variable, never from a command
line, which other processes can see. The file has 64 hexadecimal digits, with or without 0x.
"""

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from sealmote.chain.errors import AccountError
from sealmote.chain.evm.encoding.keccak import keccak
from sealmote.chain.evm.transactions.transaction import Transaction
from sealmote.common import text_encoding
from sealmote.crypto import recoverable_key
from sealwire.curves import SECP256K1

_SECRET = re.compile(r"(?:0x)?([0-9a-fA-F]{64})\s*")
_MAX_FILE = 256


class Account:
    """An account on an EVM chain. It has no text form but its address."""

    def __init__(self, secret: bytes):
        """Take a 32-byte secret; AccountError unless it is in range."""
        if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < SECP256K1.n:
            raise AccountError(
                "an account's key is 32 bytes, at least 1 and below the curve's order"
            )
        self._key = recoverable_key(secret)
        x, y = self._key.point
        self.address = keccak(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]

    def __repr__(self) -> str:
        return f"Account({checksum(self.address)})"

    def sign(self, transaction: Transaction) -> bytes:
        """Return the signed transaction, encoded to be sent."""
        return transaction.seal(self._key.sign_recoverable)

    @classmethod
    def load(cls, path: Path) -> "Account":
        """Read a key file; AccountError if others can read it or it is not one key."""
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                data = file.read(_MAX_FILE)
        except OSError as error:
            raise AccountError(f"cannot read account key {path}: {error.strerror}") from error
        if os.name == "posix" and mode & 0o077:
            raise AccountError(f"others can read {path} (mode {mode:04o}): run `chmod 600 {path}`")
        try:
            text = text_encoding.decode(data)
        except text_encoding.TextError as error:
            raise AccountError(f"account key {path} is no text: {error}") from error
        return cls._parse(text, str(path))

    @classmethod
    def from_environment(cls, name: str) -> "Account":
        """Read a key from an environment variable; AccountError if it is not one key."""
        text = os.environ.get(name)
        if text is None:
            raise AccountError(f"the environment has no {name}: set it to the account's key")
        return cls._parse(text, f"${name}")

    @classmethod
    def create(cls, path: Path) -> "Account":
        """Make a new key in a new file; AccountError if the file exists, which is left alone."""
        secret = secrets.token_bytes(32)
        account = cls(secret)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(b"0x" + secret.hex().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError as error:
            raise AccountError(f"{path} exists and is left alone: name another file") from error
        except OSError as error:
            raise AccountError(f"cannot write account key {path}: {error.strerror}") from error
        return account

    @classmethod
    def _parse(cls, text: str, where: str) -> "Account":
        match = _SECRET.fullmatch(text)
        if match is None:
            raise AccountError(f"{where} does not hold one key of 64 hexadecimal digits")
        return cls(bytes.fromhex(match[1]))


def dev_account(index: int = 0) -> Account:
    """Return one of the accounts that an embedded chain funds. Their keys are known to everyone."""
    seed = f"sealmote development account {index}"
    return Account(hashlib.sha256(seed.encode()).digest())


def checksum(address: bytes) -> str:
    """Return an address (20 bytes) as people write it: a letter is a capital where the hash is high.

    ERC-55.
    """
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark > "7" else digit for digit, mark in zip(digits, marks, strict=False)
    )

"""Bytes named on the command line: a file, hexadecimal digits, or - for standard input."""

import sys
from pathlib import Path

from sealmote.board import label
from sealmote.common import text_encoding
from sealmote.errors import SealmoteError
from sealwire.errors import WireError
from sealwire.keys import PublicKey

_LARGEST = 1 << 20


class SourceError(SealmoteError):
    """An argument that is neither a file nor hexadecimal digits, or a file of neither."""


def read_bytes(argument: str) -> bytes:
    """Return the bytes that ``argument`` names: a file of bytes or of hex digits, or hex digits."""
    if argument == "-":
        return _unhex(sys.stdin.buffer.read(_LARGEST))
    if set(argument) <= set("0123456789abcdefABCDEF") and len(argument) % 2 == 0 and argument:
        return bytes.fromhex(argument)
    path = Path(argument)
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise SourceError(
            f"{argument!r} is neither hexadecimal digits nor a readable file ({error.strerror})"
        ) from error
    if len(data) > _LARGEST:
        raise SourceError(f"{path} is larger than any Sealmote message; name another file")
    return _unhex(data)


def read_public_key(argument: str) -> PublicKey:
    """Return the COSE_Key that ``argument`` names: also by the label on a board's case."""
    if argument.startswith(label.PREFIX):
        return label.parse(argument)
    try:
        return PublicKey.parse(read_bytes(argument))
    except WireError as error:
        raise SourceError(f"{argument!r} is not a public COSE_Key: {error}") from error


def _unhex(data: bytes) -> bytes:
    try:
        return bytes.fromhex(text_encoding.decode(data).strip())
    except ValueError:
        return data

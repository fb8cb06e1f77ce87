"""Messages under a board's key hint whose signatures are not its key's."""

from typing import Any

from sealwire import message, senml
from sealwire.keys import ES256

FIRST, LATER = bytes([2]) * 64, bytes([1]) * 64

_TIME = 1_763_000_000


class Forger:
    """Signs under a board's key hint, without its key."""

    alg = ES256

    def __init__(self, board: Any, signature: bytes):
        self.public = board.signer.public
        self._signature = signature

    def sign(self, _message: bytes) -> bytes:
        return self._signature


def forge(board: Any, number: int, signature: bytes) -> bytes:
    """Return a message with that signature."""
    pack = senml.Pack(_TIME, [senml.Record("temperature", "Cel", 2150, -2)])
    return message.seal(Forger(board, signature), pack, 9, number, _TIME)


def forged(board: Any, count: int) -> bytes:
    """Return a batch: the first signature is FIRST, all others LATER."""
    signatures = [FIRST] + [LATER] * (count - 1)
    return b"".join(forge(board, number, signature) for number, signature in enumerate(signatures))

"""What tests of the wire format share. Runs on CPython and MicroPython."""

import json

from sealwire.errors import WireError
from sealwire.keys import ES256, ES256K, SecretKey

VECTORS = __file__.replace("\\", "/").rsplit("/", 3)[0] + "/vectors/"

NOW = 1764000000  # 2025-11-24T16:00:00Z
BOARD = SecretKey(ES256, bytes(31) + b"\x07")
BOARD_K = SecretKey(ES256K, bytes(31) + b"\x07")
GATEWAY = SecretKey(ES256, bytes(31) + b"\x0b")


def code_of(function, *arguments):
    """Return the code with which ``function`` refuses ``arguments``; fail if it takes them."""
    try:
        taken = function(*arguments)
    except WireError as error:
        if not str(error):
            raise AssertionError("a refusal that names no cause")  # noqa: B904  MicroPython has no chains
        return error.code
    raise AssertionError(f"taken: {taken!r}")


def raises(error, function, *arguments):
    """Fail unless ``function`` raises ``error``, a class."""
    try:
        function(*arguments)
    except error:
        return
    raise AssertionError(f"{error.__name__} was not raised")


def vectors(name):
    """Return the content of tests/vectors/``name``."""
    with open(VECTORS + name) as file:  # noqa: PTH123  no pathlib on MicroPython
        return json.load(file)

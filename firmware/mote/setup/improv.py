"""Improv over serial, version 1, the board's side: frames to commands, answers to frames.

Format: https://www.improv-wifi.com/serial/ · a frame is

    "IMPROV" | version 1 | type | length n | data, n bytes | sum of all before it, modulo 256

and a command's data is command | length | arguments. Serves both runtimes; holds no state but of a
frame that has begun.
"""

from mote.configuration.fields import is_password
from sealwire._compat import const, decode_utf8

WIFI_SETTINGS = const(1)
CURRENT_STATE = const(2)
DEVICE_INFORMATION = const(3)
SCAN = const(4)

READY = const(2)
PROVISIONING = const(3)
PROVISIONED = const(4)

NO_ERROR = const(0)
INVALID = const(1)
UNKNOWN_COMMAND = const(2)
UNABLE_TO_CONNECT = const(3)
UNKNOWN_ERROR = const(0xFF)

_HEAD = b"IMPROV\x01"
_STATE, _ERROR, _COMMAND, _RESULT = const(1), const(2), const(3), const(4)
_TYPE_AT = const(7)
_LENGTH_AT = const(8)
_DATA_AT = const(9)


class ImprovError(ValueError):
    """A frame that is refused; ``code`` is what the client is told, and no text repeats its bytes."""

    def __init__(self, code: int, cause: str) -> None:
        super().__init__(cause)
        self.code = code


class Frames:
    """Finds frames among other bytes; what has the header is a frame, sound or not."""

    def __init__(self) -> None:
        self._begun = bytearray()

    @property
    def inside(self) -> bool:
        """Whether a frame has begun, its header being complete."""
        return len(self._begun) >= len(_HEAD)

    def drop(self) -> None:
        """Forget a frame that has begun: the rest of it will not come."""
        self._begun = bytearray()

    def feed(self, byte: int) -> bytes | None:
        """Take the next byte; return the whole frame that it ends, or None."""
        begun = self._begun
        begun.append(byte)
        size = len(begun)
        if size <= len(_HEAD):
            if bytes(begun) != _HEAD[:size]:
                self._begun = bytearray(b"I" if byte == _HEAD[0] else b"")
            return None
        if size <= _LENGTH_AT or size <= _DATA_AT + begun[_LENGTH_AT]:
            return None
        self._begun = bytearray()
        return bytes(begun)


def parse(frame: bytes) -> tuple[int, bytes]:
    """Return (command, arguments) of a whole frame. Raises `ImprovError` unless all of it is sound."""
    if sum(frame[:-1]) & 0xFF != frame[-1]:
        raise ImprovError(INVALID, "the checksum is wrong")
    if frame[_TYPE_AT] != _COMMAND:
        raise ImprovError(INVALID, "it is no command")
    data = frame[_DATA_AT:-1]
    if len(data) < 2 or data[1] != len(data) - 2:
        raise ImprovError(INVALID, "the command's length is wrong")
    return data[0], data[2:]


def no_arguments(arguments: bytes) -> None:
    """Refuse arguments where a command has none."""
    if arguments:
        raise ImprovError(INVALID, "the command takes no arguments")


def wifi_settings(arguments: bytes) -> tuple[str, str]:
    """Return (SSID, password): 1..32 bytes of UTF-8, and what `is_password` takes."""
    ssid, rest = _string(arguments)
    password, rest = _string(rest)
    if rest:
        raise ImprovError(INVALID, "something follows the password")
    if not 1 <= len(ssid) <= 32:
        raise ImprovError(INVALID, "the SSID is not of 1..32 bytes")
    if not is_password(password):
        raise ImprovError(INVALID, "the password is not of 8..63 bytes, nor 64 hexadecimal digits")
    try:
        return decode_utf8(ssid), decode_utf8(password)
    except ValueError:
        raise ImprovError(INVALID, "SSID or password is not UTF-8")


def state(value: int) -> bytes:
    """Return the frame that tells a state: READY, PROVISIONING or PROVISIONED."""
    return _frame(_STATE, bytes([value]))


def error(code: int) -> bytes:
    """Return the frame that tells an error, NO_ERROR too."""
    return _frame(_ERROR, bytes([code]))


def result(command: int, strings: tuple[bytes, ...]) -> bytes:
    """Return the frame that answers a command. All strings together have 253 bytes at the most."""
    body = b"".join([bytes([len(string)]) + string for string in strings])
    return _frame(_RESULT, bytes([command, len(body)]) + body)


def _frame(kind: int, data: bytes) -> bytes:
    frame = _HEAD + bytes([kind, len(data)]) + data
    # Clients look for a frame at the start of a line only.
    return frame + bytes([sum(frame) & 0xFF]) + b"\n"


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Return the string that begins ``data``, and what follows it."""
    if not data or len(data) < 1 + data[0]:
        raise ImprovError(INVALID, "a string ends early")
    end = 1 + data[0]
    return data[1:end], data[end:]

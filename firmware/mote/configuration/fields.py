"""Typed values out of a JSON object; every fault on the way is collected, with its key."""

from sealwire._compat import decode_utf8

_REQUIRED = None  # as a default: there is none


class Fields:
    """The object ``value`` at ``path``; faults go to the list, as "path.key MESSAGE".

    A getter that finds a fault notes it and returns a value of the right type, so that one pass
    finds every fault; nothing read is to be used unless the list stayed empty. Names no values:
    one of them is a password.
    """

    def __init__(self, value: object, path: str, faults: list[str]) -> None:
        self._path = path
        self._faults = faults
        self._seen: list[str] = []
        self._value: dict[str, object] = {}
        if isinstance(value, dict):
            self._value = value
        else:
            faults.append("%s has to be an object: { ... }" % (path or "the whole"))

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self._value

    def fault(self, key: str, message: str) -> None:
        """Note a fault of ``key``."""
        self._faults.append("%s %s" % (self._name(key), message))

    def section(self, key: str, optional: bool = False) -> "Fields":
        """Return the object under ``key``; an optional one that is absent is empty."""
        self._seen.append(key)
        if key not in self._value and not optional:
            self.fault(key, "is missing")
        return Fields(self._value.get(key, {}), self._name(key), self._faults)

    def text(self, key: str, low: int, high: int, default: str | None = _REQUIRED) -> str:
        """Return text of low..high bytes in UTF-8."""
        value = self._get(key, default)
        if value is None:
            return ""
        try:
            data = value.encode() if isinstance(value, str) else b""
            decode_utf8(data)
        except ValueError:
            self.fault(
                key, "is not UTF-8: write the characters themselves, not pairs of \\u escapes"
            )
            return default or ""
        if not isinstance(value, str) or not low <= len(data) <= high:
            if value != default:
                self.fault(key, "has to be text of %d..%d bytes" % (low, high))
            return default or ""
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = _REQUIRED) -> int:
        """Return an integer within low..high."""
        value = self._get(key, default)
        if value is None:
            return low
        # type(), for a bool is an int on CPython.
        if type(value) is not int or not low <= value <= high:
            self.fault(key, "has to be an integer within %d..%d" % (low, high))
            return low
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.fault(key, "has to be true or false")
            return default
        return value

    def choice(self, key: str, choices: list[str], default: str) -> str:
        """Return one of ``choices``."""
        value = self._get(key, default)
        if value not in choices:
            self.fault(key, "has to be one of: " + ", ".join(choices))
            return default
        return str(value)

    def names(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of one name or more, each of a-z, 0-9 and _, none twice."""
        value = self._get(key, default)
        if value is default:
            return default
        if not isinstance(value, list) or not value or not all(_is_name(name) for name in value):
            self.fault(key, "has to be a list of names in a-z, 0-9 and _")
            return default
        if len(set(value)) != len(value):
            self.fault(key, "names one twice")
        return tuple(value)

    def close(self) -> None:
        """Report every key that nobody asked for."""
        for key in sorted(self._value):
            if key not in self._seen:
                self.fault(key, "is unknown; known here: " + ", ".join(sorted(self._seen)))

    def _get(self, key: str, default: object) -> object:
        self._seen.append(key)
        if key not in self._value and default is None:
            self.fault(key, "is missing")
        value = self._value.get(key, default)
        if value is None and key in self._value:
            return ()  # null is of no type that any getter takes
        return value

    def _name(self, key: str) -> str:
        return "%s.%s" % (self._path, key) if self._path else key


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        return False
    return all("a" <= c <= "z" or "0" <= c <= "9" or c == "_" for c in name)


def is_password(password: bytes) -> bool:
    """Say whether a Wi-Fi driver takes it (IEEE 802.11-2020, J.4): a passphrase, a raw key, b"" for none.

    64 bytes are a raw key to ESP-IDF, in hexadecimal digits (wpa_supplicant, wpa_set_passphrase).
    """
    if len(password) == 64:
        return all(digit in b"0123456789abcdefABCDEF" for digit in password)
    return not password or 8 <= len(password) <= 63

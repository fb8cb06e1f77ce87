"""Registered devices: the keys whose messages are accepted."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sealmote.gateway.errors import DamagedError, DeviceError
from sealmote.gateway.store.session import Reader, Transaction
from sealmote.gateway.store.sqlite_errors import whole_pages
from sealwire.errors import WireError
from sealwire.keys import PublicKey

_DEVICE = "SELECT device, thumbprint, key, owner, registration, added, revoked FROM devices"


class Device(NamedTuple):
    """A row of the registry. Times in Unix seconds.

    `device` numbers it within this store, `thumbprint` (RFC 9679) names it everywhere. `owner` is
    an EVM address; `registration` the COSE message by which the key agreed to it, None if the
    operator vouched for the key instead.
    """

    device: int
    thumbprint: bytes
    key: bytes
    owner: bytes | None
    registration: bytes | None
    added: int
    revoked: int | None


def add(
    transaction: Transaction,
    key: PublicKey,
    owner: bytes | None,
    registration: bytes | None,
    now: int,
) -> Device:
    """Enter a key; DeviceError if it is there already, revoked or not."""
    thumbprint = key.thumbprint()
    known = find(transaction, thumbprint)
    if known is not None:
        state = "revoked: rotate the board's key" if known.revoked else "registered already"
        raise DeviceError(f"device {thumbprint.hex()} is {state}")
    transaction.execute(
        "INSERT INTO devices (thumbprint, kid, alg, key, owner, registration, added)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (thumbprint, key.kid(), key.alg, key.cose(), owner, registration, now),
    )
    return get(transaction, thumbprint)


def revoke(transaction: Transaction, thumbprint: bytes, now: int) -> Device:
    """Refuse everything new from a device, for good. DeviceError if there is no such device."""
    get(transaction, thumbprint)
    transaction.execute(
        "UPDATE devices SET revoked = ? WHERE thumbprint = ? AND revoked IS NULL", (now, thumbprint)
    )
    return get(transaction, thumbprint)


def find(reader: Reader, thumbprint: bytes) -> Device | None:
    """Return the device of this thumbprint, if there is one; DamagedError if the key is another's."""
    with whole_pages("the registry"):
        device = reader.first(Device, f"{_DEVICE} WHERE thumbprint = ?", (thumbprint,))
    return _checked(device) if device else None


def get(reader: Reader, thumbprint: bytes) -> Device:
    """Return the device of this thumbprint, or raise DeviceError."""
    device = find(reader, thumbprint)
    if device is None:
        raise DeviceError(
            f"no device {thumbprint.hex()} here: `sealmote device list` shows those that are"
        )
    return device


def with_kid(reader: Reader, kid: bytes) -> list[Device]:
    """Return every device that this key hint fits: it is short, so there may be several."""
    with whole_pages("the registry"):
        found = reader.all(Device, f"{_DEVICE} WHERE kid = ?", (kid,))
    return [_checked(device) for device in found]


def list_all(reader: Reader) -> list[Device]:
    """Return all devices in the order in which they were added, but for those in `damaged`."""
    return [device for device in _all(reader) if isinstance(device, Device)]


def damaged(reader: Reader) -> list[str]:
    """Say which devices are not as they were entered."""
    return [str(error) for error in _all(reader) if isinstance(error, DamagedError)]


def _all(reader: Reader) -> Iterator[Device | DamagedError]:
    with whole_pages("the registry"):
        found = reader.all(Device, f"{_DEVICE} ORDER BY device")
    for device in found:
        try:
            yield _checked(device)
        except DamagedError as error:
            yield error


def _checked(device: Device) -> Device:
    check_device(device.thumbprint, device.key)
    return device


def check_device(thumbprint: object, key: object) -> None:
    """Raise DamagedError unless the thumbprint is the key's."""
    if not isinstance(key, bytes) or thumbprint_of(key) != thumbprint:
        name = thumbprint.hex() if isinstance(thumbprint, bytes) else repr(thumbprint)
        raise DamagedError(f"device {name}", "its thumbprint is not its key's")


@lru_cache(maxsize=16384)
def thumbprint_of(key: bytes) -> bytes | None:
    """Return the thumbprint of a COSE_Key, None if it is none."""
    try:
        return PublicKey.parse(key).thumbprint()
    except (WireError, ValueError):
        return None

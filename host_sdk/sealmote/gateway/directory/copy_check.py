"""Copy check: the file `home` names the machine and its own inode, so that a copied folder is noticed.

Two gateways with one key promise the same log, and boards delete what either of them took. So a folder
serves where it was made, or where somebody says that it is the gateway now:

    made      by `create`, which writes `home`
    copied    `home` has another inode, or is on another machine: nothing is served
    released  by `release`, before a move: nothing is served any more, neither here nor in a copy
    adopted   by `adopt`: `home` is written anew, and this folder serves

A folder that is renamed stays at home, and so does one whose database is restored. An image of a whole disk
has the same inodes and the same machine's name: of that only the chain can tell, by a newer head.
"""

import contextlib
import hmac
import json
import os
import sys
from pathlib import Path

from sealmote.gateway.errors import CopiedError, GatewayError

_MACHINE_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_PURPOSE = b"sealmote gateway home"
_RELEASED = "released"

Place = dict[str, object]


def adopt(file: Path) -> None:
    """Write that the gateway lives here; GatewayError if the folder cannot be written."""
    fresh = file.with_suffix(".new")
    try:
        fresh.touch()
        _write(fresh, _place(fresh))
        fresh.replace(file)  # a name changes, the inode does not
    except OSError as error:
        raise GatewayError(
            f"{file} cannot be written ({error.strerror}): run as the directory's owner"
        ) from error


def release(file: Path) -> None:
    """Write that the gateway has left this folder; CopiedError if it never lived here."""
    check(file)
    try:
        _write(file, {_RELEASED: True})
    except OSError as error:
        raise GatewayError(
            f"{file} cannot be written ({error.strerror}): run as the directory's owner"
        ) from error


def is_released(file: Path) -> bool:
    """Say whether a folder, or the one that it is a copy of, was released."""
    return _read(file) == {_RELEASED: True}


def check(file: Path) -> None:
    """Raise CopiedError unless the gateway lives in this folder."""
    kept = _read(file)
    if kept == {_RELEASED: True}:
        raise CopiedError(
            f"{file.parent} was released, to be moved: `sealmote gateway adopt` lets the gateway live"
            " in one folder again, and in one only"
        )
    if kept is None:
        raise CopiedError(
            f"{file} is missing or damaged, which says where this gateway lives: a gateway of an earlier"
            " version has none. Unless another folder with its keys serves, now or later,"
            " `sealmote gateway adopt` this one"
        )
    if kept != _place(file):
        raise CopiedError(
            f"{file.parent} is not where this gateway was made or adopted: it was copied, restored or"
            " moved. Two with one key would each take readings that the other never has. Start the"
            " original, or, if it is gone for good, `sealmote gateway adopt` this one"
        )


def _read(file: Path) -> Place | None:
    """Return what was written, None if nothing of ours is there."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(file: Path, place: Place) -> None:
    with file.open("w", encoding="ascii") as out:
        out.write(json.dumps(place) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _place(file: Path) -> Place:
    return {"machine": _machine(), "inode": file.stat().st_ino}


def _machine() -> str:
    """Return a name of this machine that tells nothing else of it (machine-id(5)); empty if it has none."""
    found = _machine_id()
    return hmac.digest(found, _PURPOSE, "sha256").hex() if found else ""


def _machine_id() -> bytes:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415  # Windows alone has it

        key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography")
        with key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0]).encode()
    for name in _MACHINE_FILES:
        with contextlib.suppress(OSError):
            if found := Path(name).read_bytes().strip():
                return found
    return b""

"""Signer: native code where the board can run it, plain Python where it cannot; the same bytes, slowly.

An ESP32 reads native code into one block of MicroPython's heap, up to 16.6 kB a function, before it
copies it out (py/persistentcode.c, `load_raw_code`). So main.py calls `begin` before anything large is
there. What a load that fails has copied out by then is gone until the next reset
(ports/esp32/main.c, `esp_native_code_commit`); `fast.native` does not try again before that.
"""

import gc
import json
import os

import esp32

from mote.errors import SlotError
from mote.log import Log
from sealwire import fast
from sealwire._compat import const

_ES256 = const(-7)
_ES256K = const(-47)
# How a record begins that `identity._encode` writes: an array of four, the version, the algorithm.
_RECORDS = {b"\x84\x01\x26": _ES256, b"\x84\x01\x38\x2e": _ES256K}
_CONFIG = "/data/config.json"  # `config.PATH`, whose module comes later

_log = Log("signing")


def begin() -> None:
    """Load the native code for the board's key, or for the one that its configuration asks for."""
    gc.collect()
    _load(_own_algorithm() or _wanted_algorithm())


def prepare(wanted: int) -> None:
    """Have native code compute for the board's key, or for one of ``wanted`` where that is to be made."""
    alg = _own_algorithm() or wanted
    if _load(alg):
        from sealwire import keys  # here: with it comes the application

        keys.use_engine(alg, fast.load(alg, os.urandom))
    gc.collect()


def _load(alg: int) -> bool:
    """Load native code unless that has failed in this boot; say whether it is there."""
    if fast.failed:
        return False
    free = _room()
    try:
        fast.native(alg)
    except (ImportError, MemoryError) as error:
        lost = free - _room()
        _log.warning("in plain Python: %s; %d bytes are lost until the next reset" % (error, lost))
        return False
    return True


def _room() -> int:
    """Return how many bytes native code can still be copied to."""
    return sum([free for _, free, _, _ in esp32.idf_heap_info(esp32.HEAP_EXEC)])


def _own_algorithm() -> int | None:
    """Return the algorithm of the board's key, None where there is no sound one."""
    from mote.storage import slots

    try:
        record = slots.Slots(slots.find_partition()).payload or b""
    except SlotError:
        return None  # said when the key is opened
    for head, alg in _RECORDS.items():
        if record.startswith(head):
            return alg
    return None


def _wanted_algorithm() -> int:
    """Return what a new key will be; this early a configuration with faults says as much as none."""
    try:
        with open(_CONFIG) as file:
            found = json.load(file)
    except (OSError, ValueError, MemoryError):
        return _ES256
    name = found.get("alg") if isinstance(found, dict) else None
    return _ES256K if name == "ES256K" else _ES256

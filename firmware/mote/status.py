"""The answer to `status` on USB: one line of JSON.

    {"version": "0.1.0", "boot": 3, "sequence": 17, "key": "<thumbprint in hex>", "kept": 2,
     "time": 1795358220, "uptime": 61, "heap": 41200, "joins": 2, "failures": 0,
     "last": "W   58.120 wifi: home lost: ...", "micropython": "1.29.0", "chip": "ESP32C3",
     "mac": "<hex>", "flash": 4194304}

``sequence`` is the next number, ``kept`` counts messages, ``time`` is in Unix seconds or null,
``uptime`` in seconds, ``heap`` in bytes free, ``joins`` and ``failures`` are Wi-Fi's, ``last`` the
newest line of level W or E, or null. The last four tell which board it is, so that nobody has to
interrupt it to know: ``flash`` in bytes.
"""

import gc
import json
import sys
from binascii import hexlify

import esp

from mote import VERSION, log, uptime
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.device import Device


def report(device: "Device") -> None:
    """Print it."""
    identity = device.identity
    known = {
        "version": VERSION,
        "boot": identity.boot,
        "sequence": identity.sequence,
        "key": hexlify(identity.public.thumbprint()).decode(),
        "kept": device.outbox.kept,
        "time": device.clock.now(),
        "uptime": uptime.seconds(),
        "heap": gc.mem_free(),
        "joins": device.wifi.joins,
        "failures": device.wifi.failures,
        "last": log.last,
        "micropython": ".".join([str(part) for part in sys.implementation.version[:3]]),
        "chip": getattr(sys.implementation, "_machine", sys.platform).split(" with ")[-1],
        "mac": hexlify(device.mac).decode(),
        "flash": esp.flash_size(),
    }
    print(json.dumps(known))

"""The answer to `status` on USB: one line of JSON.

    {"version": "0.1.0", "boot": 3, "sequence": 17, "key": "<thumbprint in hex>", "kept": 2,
     "time": 1795358220, "uptime": 61, "heap": 41200, "last": "W   58.120 wifi: home lost: ..."}

``sequence`` is the next number, ``kept`` counts messages, ``time`` is in Unix seconds or null,
``uptime`` in seconds, ``heap`` in bytes free, ``last`` the newest line of level W or E, or null.
"""

import gc
import json
from binascii import hexlify

from sealwire._compat import TYPE_CHECKING

from . import VERSION, log, uptime

if TYPE_CHECKING:
    from .parts import Parts


def tell(parts: "Parts") -> None:
    """Print it."""
    identity = parts.identity
    known = {
        "version": VERSION,
        "boot": identity.boot,
        "sequence": identity.sequence,
        "key": hexlify(identity.public.thumbprint()).decode(),
        "kept": parts.outbox.kept,
        "time": parts.clock.now(),
        "uptime": uptime.seconds(),
        "heap": gc.mem_free(),
        "last": log.last,
    }
    print(json.dumps(known))

"""What a host calls over the REPL (`mpremote exec`) to register a board. Each prints one JSON line.

    from mote import provision; provision.identity()
    from mote import provision; provision.register(31337, "5fbd...", "f39f...", 0, 1767225600)

A new board gets its key here as well as at its first boot. No number is taken: registration terms
carry none, and boot numbers are for sealed messages.
"""

import json
import os
from binascii import hexlify, unhexlify

import network

from sealwire.keys import ALGORITHM_NAMES
from sealwire.registration import Terms

from . import signing, slots
from .identity import ALGORITHMS, Identity, open_or_create


def identity(alg: str = "ES256") -> None:
    """Print {"alg", "key" (COSE_Key), "thumbprint", "mac"}, the bytes in hex.

    ``alg`` is for a key that has to be made; a key that is there keeps its own.
    """
    signing.prepare(ALGORITHMS[alg])
    station = _radio_on()
    public = _open(alg).public
    _print(
        {
            "alg": ALGORITHM_NAMES[public.alg],
            "key": _hex(public.cose()),
            "thumbprint": _hex(public.thumbprint()),
            "mac": _hex(station.config("mac")),
        }
    )


def register(
    chain_id: int, contract: str, owner: str, nonce: int, deadline: int, alg: str = "ES256"
) -> None:
    """Print {"registration": hex}: the key's own signature over these terms (COSE_Sign1).

    ``contract`` and ``owner`` are 20 bytes in hex; ``deadline`` is in Unix seconds.
    """
    signing.prepare(ALGORITHMS[alg])
    _radio_on()
    terms = Terms(chain_id, unhexlify(contract), unhexlify(owner), nonce, deadline)
    _print({"registration": _hex(_open(alg).register(terms))})


def _radio_on() -> network.WLAN:
    # os.urandom is a true random source only while the radio is on.
    station = network.WLAN(network.WLAN.IF_STA)
    station.active(True)
    return station


def _open(alg: str) -> Identity:
    return open_or_create(slots.Slots(slots.find_partition()), ALGORITHMS[alg], os.urandom)


def _hex(data: bytes) -> str:
    return hexlify(data).decode()


def _print(fields: dict[str, str]) -> None:
    print(json.dumps(fields))

"""Provisioning calls of a host over the REPL (`mpremote exec`), each answered by a line of JSON.

    from mote.setup import provision; provision.identity()
    from mote.setup import provision; provision.register(31337, "5fbd...", "f39f...", 0, 1767225600)
    from mote.setup import provision; provision.configure('{"wifi": {...}, "gateway": {...}}')

A new board gets its key here as well as at its first boot. No number is taken: registration terms
carry none, and boot numbers are for sealed messages. No line tells the password of the Wi-Fi.

Where main.py has not run, the signer has to be loaded before all else: so what the application is made of
is imported inside the functions.
"""

import asyncio
import json
import os
from binascii import hexlify, unhexlify
from errno import ENOENT
from hashlib import sha256

import machine

from mote.attestation import signer
from mote.errors import ConfigError
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mote.attestation.identity import Identity
    from mote.configuration import store

_ALGORITHMS = {"ES256": -7, "ES256K": -47}  # `identity.ALGORITHMS`


def identity(alg: str = "ES256") -> None:
    """Print {"alg", "key" (COSE_Key), "thumbprint", "mac", "boot"}, the bytes in hex.

    ``alg`` is for a key that has to be made; a key that is there keeps its own. ``boot`` is the highest
    boot number that was taken, in decimal.
    """
    signer.prepare(_ALGORITHMS[alg])
    from sealwire.keys import ALGORITHM_NAMES

    opened = _open(alg)
    public = opened.public
    _print(
        {
            "alg": ALGORITHM_NAMES[public.alg],
            "key": _hex(public.cose()),
            "thumbprint": _hex(public.thumbprint()),
            "mac": _hex(machine.unique_id()),
            "boot": str(opened.last_boot),
        }
    )


def register(
    chain_id: int, contract: str, owner: str, nonce: int, deadline: int, alg: str = "ES256"
) -> None:
    """Print {"registration": hex}: the key's own signature over these terms (COSE_Sign1).

    ``contract`` and ``owner`` are 20 bytes in hex; ``deadline`` is in Unix seconds.
    """
    signer.prepare(_ALGORITHMS[alg])
    from sealwire.registration import Terms

    terms = Terms(chain_id, unhexlify(contract), unhexlify(owner), nonce, deadline)
    _print({"registration": _hex(_open(alg).register(terms))})


def kept() -> None:
    """Print {"sections": the configuration as JSON, of `wifi` the name only, "fault": why it is none}."""
    from mote.configuration import store

    fault, found = "", {}
    try:
        found = store.sections()
    except ConfigError as error:
        fault = str(error)
    network = found.pop("wifi", None)
    if isinstance(network, dict):
        found["wifi"] = {"ssid": network.get("ssid", "")}
    _print({"sections": json.dumps(found), "fault": fault})


def upload(path: str, at: int, piece: str) -> None:
    """Write bytes (hex) of a file, at 0 as a new one, else at its end; print {"fault"}."""
    fault = ""
    try:
        with open(path, "ab" if at else "wb") as file:
            file.write(unhexlify(piece))
    except OSError as error:
        fault = "%s cannot be written (%s): the filesystem is full or damaged" % (path, error)
    _print({"fault": fault})


def compare(path: str, digest: str) -> None:
    """Print {"fault": "" if a file's SHA-256 is ``digest`` (hex)}."""
    with open(path, "rb") as file:
        same = _hex(sha256(file.read()).digest()) == digest
    _print({"fault": "" if same else "%s is not what was sent: try again" % path})


def remove(path: str) -> None:
    """Take a file away; print {"fault": ""}: one that is not there is gone already."""
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != ENOENT:
            raise
    _print({"fault": ""})


def check(text: str) -> None:
    """Print {"fault": what keeps a board from running with this configuration, "" for nothing}.

    ``text`` is JSON. Without a section `wifi` the board's own is taken.
    """
    _print({"fault": _fault_of(lambda: _judged(text))})


def join(text: str) -> None:
    """Try the network of a sound configuration; print {"fault": why not, "" when it was joined}."""
    from mote.configuration import config
    from mote.network import wifi_driver

    settings = config.read(_whole(text)).wifi
    attempt = wifi_driver.join(settings.ssid, settings.password, anew=True)
    _print({"fault": asyncio.run(attempt)})


def configure(text: str) -> None:
    """Replace the configuration by a sound one; print {"fault": why not, "" when it is durable}."""
    from mote.configuration import store

    _print({"fault": _fault_of(lambda: store.write(_judged(text)))})


def _judged(text: str) -> "store.Sections":
    """Return a whole configuration that this board can run with. Raises `ConfigError`."""
    from mote.configuration import config, store
    from mote.hardware import board_profiles, pins

    whole = _whole(text)
    store.check(whole)
    settings, chip = config.read(whole), pins.chip()
    if chip in pins.CHIPS:  # of another nothing can be said before its bus is opened
        why = pins.bus_fault(chip, settings.i2c.sda, settings.i2c.scl)
        why = why or pins.fault(chip, board_profiles.profile(settings.board).button, False)
        if why:
            raise ConfigError("%s: name another board, or its i2c pins" % why)
    return whole


def _whole(text: str) -> "store.Sections":
    try:
        made = json.loads(text)
    except ValueError:
        raise ConfigError("the configuration is not JSON")
    if not isinstance(made, dict):
        raise ConfigError("the configuration is no JSON object")
    from mote.configuration import store

    kept = store.sections() if "wifi" not in made else {}
    if "wifi" in kept:
        made["wifi"] = kept["wifi"]
    return made


def _fault_of(act: "Callable[[], object]") -> str:
    try:
        act()
    except ConfigError as error:
        return str(error)
    return ""


def _open(alg: str) -> "Identity":
    from mote.attestation.identity import open_or_create
    from mote.network import wifi_driver
    from mote.storage import slots

    return open_or_create(slots.Slots(slots.find_partition()), _ALGORITHMS[alg], wifi_driver.random)


def _hex(data: bytes) -> str:
    return hexlify(data).decode()


def _print(fields: dict[str, str]) -> None:
    print(json.dumps(fields))

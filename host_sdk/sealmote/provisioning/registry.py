"""Register a device's key: its consent, the chain's registry, the gateway's."""

import ssl
from typing import Final

from sealmote.board import provision
from sealmote.chain.protocols import DeviceRegistry
from sealmote.client import Client
from sealmote.common.timestamps import in_one_hour
from sealmote.gateway import Device, Gateway
from sealmote.provisioning.errors import RegistryError
from sealwire.errors import WireError
from sealwire.keys import PublicKey
from sealwire.registration import Terms, open_terms

NOBODY: Final = bytes(20)
_TIMEOUT_S: Final = 10.0


def consent(
    repl: provision.Repl, key: PublicKey, owner: bytes | None, chain: DeviceRegistry | None
) -> bytes:
    """Have a board sign that it is to be registered: on the chain, or at a gateway alone.

    ``owner`` has 20 bytes; None is nobody, for a gateway alone. Raises ProvisioningError, ChainError.
    """
    if chain is not None:
        if owner is None:
            raise RegistryError("a device on a chain has an owner: name one with --owner")
        terms = chain.registration_terms(key, owner)
    else:
        terms = Terms(0, NOBODY, owner or NOBODY, 0, in_one_hour())
    return provision.register(repl, key, terms)


def enter_on_chain(chain: DeviceRegistry | None, key: PublicKey, registration: bytes) -> None:
    """Register a key on the chain that its terms are for; terms for no chain are a gateway's.

    Again is no error. Raises RegistryError where the terms name a chain and none was given.
    """
    if chain is not None:
        chain.register_device(key, registration)
        return
    try:
        terms = open_terms(registration, key)
    except WireError as error:
        raise RegistryError(f"the registration is not by this key: {error}") from error
    if terms.chain_id != 0:
        raise RegistryError(
            f"the key consented to a registry on chain {terms.chain_id}: name its node with --rpc,"
            " so that the registry itself can take the key"
        )


def find(gateway: Gateway, key: PublicKey) -> Device | None:
    """Return a gateway's device with this key, None if it has none. RegistryError if it is revoked."""
    thumbprint = key.thumbprint()
    for device in gateway.list_devices():
        if device.thumbprint == thumbprint:
            if device.revoked is not None:
                raise RegistryError(
                    f"the gateway has revoked the key {thumbprint.hex()}, and a revoked key never comes"
                    " back: erase the board's identity partition, so that it makes a new one"
                )
            return device
    return None


def enter_at(
    url: str, key: PublicKey, registration: bytes, tls: ssl.SSLContext | None = None
) -> None:
    """See that the gateway at a URL knows a key. Raises RegistryError, which says what to do there.

    Nobody enters a key from afar; and a board is not to send before its gateway knows it.
    """
    with Client(url, tls=tls, timeout_s=_TIMEOUT_S) as gateway:
        known = gateway.devices().devices
    wanted = key.thumbprint()
    if not any(one.device == wanted and one.revoked is None for one in known):
        raise RegistryError(
            f"the gateway at {url} does not know the board's key, and would refuse for good what it"
            " sends. On the gateway's machine, within the hour, with FOLDER its folder:\n"
            f"sealmote device add FOLDER --key {key.cose().hex()} --registration {registration.hex()}\n"
            "then run this command again: the board keeps its key"
        )


def parse_owner(text: str) -> bytes:
    """Return the 20 bytes of an address in hex. Raises RegistryError."""
    try:
        address = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise RegistryError(f"--owner {text!r} is not 0x and 40 hexadecimal digits") from error
    if len(address) != 20:
        raise RegistryError(f"--owner {text!r} is not 0x and 40 hexadecimal digits")
    return address

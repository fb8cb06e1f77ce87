"""Provision one board, step by step, in an request that loses nothing when interrupted.

1 identity       the board makes its key, unless it has one
2 challenge      it shows that it holds it
3 check          the whole configuration, by the firmware's own rules; nothing is written yet
4 join           the network is tried
5 registration   the key consents, and is entered: before the board can send, for a gateway refuses
                 for good what a key that it does not know has signed
6 configure      written whole; the board starts with it, by a reset
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sealmote.board import provision
from sealmote.board.port.ports import Port
from sealmote.board.port.session import stopped
from sealmote.board.provision import BoardIdentity
from sealmote.chain.protocols import DeviceRegistry
from sealmote.gateway import Gateway
from sealmote.provisioning import ca as cas
from sealmote.provisioning import registry
from sealmote.provisioning.ca import Ca
from sealmote.provisioning.merge_patch import changes, merged
from sealmote.provisioning.provisioning_input import Ask, ProvisioningInput
from sealmote.provisioning.target import Target

Say = Callable[[str], None]


@dataclass(frozen=True)
class ProvisioningRequest:
    """What a board is to become.

    ``owner``: 20 bytes, None for nobody · ``alg``: for a key to be made, None for what the settings say, or
    ES256 · ``try_wifi``: join it before the configuration is written · ``ca``: by which it knows its
    gateway.
    """

    target: Target
    settings: ProvisioningInput
    owner: bytes | None = None
    chain: DeviceRegistry | None = None
    alg: str | None = None
    try_wifi: bool = True
    ca: Ca | None = None


@dataclass(frozen=True)
class Provisioned:
    """A board that starts with its new configuration, and whose messages its gateway takes.

    ``changes``: what its configuration had otherwise, a line each.
    """

    identity: BoardIdentity
    registration: bytes
    changes: list[str]


def carry_out(
    port: Port, request: ProvisioningRequest, ask: Ask, say: Say, patience_s: float = 0.0
) -> Provisioned:
    """Make the board at a port somebody's; it is reset in the end, whatever happens.

    ``patience_s`` is how long its port may be away at first. Raises SealmoteError: the board then starts
    with the configuration that it had.
    """
    say("stopping the application on the board")
    with stopped(port, patience_s) as board:
        kept = _kept(board, say)
        config, changed = _configuration(kept, request, ask)
        if request.ca is not None:
            say("putting the CA's certificate on the board")
            provision.upload(board, request.ca.path, request.ca.content)
        provision.check(board, config)
        for change in changed:
            say(change)
        say("asking for its key: a new board makes one now")
        identity = provision.identity(board, config["alg"])
        provision.challenge(board, identity.key)
        if request.try_wifi:
            say("trying the Wi-Fi")
            provision.join(board, config)
        registration = _register(board, request, identity, say)
        say("writing its configuration")
        provision.configure(board, config)
        _forget_former_ca(board, kept, config)
    return Provisioned(identity, registration, changed)


def _kept(board: provision.Repl, say: Say) -> dict[str, Any]:
    found = provision.configuration(board)
    if found.fault:
        say(f"nothing of the board's configuration can be kept: {found.fault}")
    return found.sections


def _configuration(
    kept: dict[str, Any], request: ProvisioningRequest, ask: Ask
) -> tuple[dict[str, Any], list[str]]:
    """Return the configuration that is to be, and what it changes. What nobody speaks of stays."""
    wished = request.settings.config(_ssid(kept), ask)
    wifi = wished.pop("wifi", None)
    config = merged({name: kept[name] for name in kept if name != "wifi"}, wished)
    more = config.get("gateway", {})  # the path of a CA certificate, for https
    config["gateway"] = {**(more if isinstance(more, dict) else {}), **request.target.pin.config()}
    if request.ca is not None:
        config["gateway"]["ca"] = request.ca.path
    elif not request.target.pin.url.startswith("https:") and "gateway" not in wished:
        config["gateway"].pop("ca", None)  # of the gateway that the board had
    config["alg"] = request.alg or config.get("alg", "ES256")
    if wifi is None:  # the board takes its own, which it alone knows whole
        return config, changes(kept, {"wifi": kept.get("wifi", {}), **config})
    return {**config, "wifi": wifi}, changes(kept, {"wifi": {"ssid": wifi["ssid"]}, **config})


def _forget_former_ca(board: provision.Repl, kept: dict[str, Any], config: dict[str, Any]) -> None:
    gateway = kept.get("gateway")
    former = gateway.get("ca") if isinstance(gateway, dict) else None
    if cas.is_ours(former) and former != config["gateway"].get("ca"):
        provision.remove(board, former)


def _ssid(kept: dict[str, Any]) -> str:
    wifi = kept.get("wifi")
    return str(wifi.get("ssid", "")) if isinstance(wifi, dict) else ""


def _register(
    board: provision.Repl, request: ProvisioningRequest, identity: BoardIdentity, say: Say
) -> bytes:
    key, target = identity.key, request.target
    registration = registry.consent(board, key, request.owner, request.chain)
    if request.chain is not None:
        say("entering the key on the chain")
        registry.enter_on_chain(request.chain, key, registration)
    if target.folder is None:
        registry.enter_at(target.pin.url, key, registration, target.tls)
        return registration
    with Gateway.open(target.folder) as gateway:
        if registry.find(gateway, key) is None:
            say("entering the key at the gateway")
            gateway.add_device(key, request.owner, registration)
    return registration

"""One board becomes somebody's, in the order in which nothing can be lost.

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
from sealmote.board.ports import Port
from sealmote.board.provision import BoardIdentity
from sealmote.board.session import stopped
from sealmote.chain import ChainClient
from sealmote.gateway import Gateway
from sealmote.provisioning import registry
from sealmote.provisioning.target import Target
from sealmote.provisioning.wishes import Ask, Wishes

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What a board is to become.

    ``owner``: 20 bytes, None for nobody · ``alg``: for a key to be made, None for what the wishes say, or
    ES256 · ``try_wifi``: join it before the configuration is written.
    """

    target: Target
    wishes: Wishes
    owner: bytes | None = None
    chain: ChainClient | None = None
    alg: str | None = None
    try_wifi: bool = True


@dataclass(frozen=True)
class Provisioned:
    """A board that starts with its new configuration, and whose messages its gateway takes."""

    identity: BoardIdentity
    registration: bytes


def carry_out(port: Port, order: Order, ask: Ask, say: Say, patience_s: float = 0.0) -> Provisioned:
    """Make the board at a port somebody's; it is reset in the end, whatever happens.

    ``patience_s`` is how long its port may be away at first. Raises SealmoteError: the board then starts
    with the configuration that it had.
    """
    say("stopping the application on the board")
    with stopped(port, patience_s) as board:
        config = _configuration(board, order, ask)
        provision.check(board, config)
        say("asking for its key: a new board makes one now")
        identity = provision.identity(board, config["alg"])
        provision.challenge(board, identity.key)
        if order.try_wifi:
            say("trying the Wi-Fi")
            provision.join(board, config)
        registration = _register(board, order, identity, say)
        say("writing its configuration")
        provision.configure(board, config)
    return Provisioned(identity, registration)


def _configuration(board: provision.Repl, order: Order, ask: Ask) -> dict[str, Any]:
    config = order.wishes.config(provision.network_kept(board), ask)
    more = config.get("gateway", {})  # the path of a CA certificate, for https
    config["gateway"] = {**(more if isinstance(more, dict) else {}), **order.target.pin.config()}
    config["alg"] = order.alg or config.get("alg", "ES256")
    return config


def _register(board: provision.Repl, order: Order, identity: BoardIdentity, say: Say) -> bytes:
    key, target = identity.key, order.target
    registration = registry.consent(board, key, order.owner, order.chain)
    if order.chain is not None:
        say("entering the key on the chain")
        registry.enter_on_chain(order.chain, key, registration)
    if target.folder is None:
        registry.enter_at(target.pin.url, key, registration)
        return registration
    with Gateway.open(target.folder) as gateway:
        if registry.find(gateway, key) is None:
            say("entering the key at the gateway")
            gateway.add_device(key, order.owner, registration)
    return registration

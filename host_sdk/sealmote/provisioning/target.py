"""The gateway that a board is told of: where it is, which log it keeps, the key that answers."""

import asyncio
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from sealmote.board.provision import GatewayPin
from sealmote.gateway import Gateway
from sealmote.proof.fetch import GatewayAnswerError, get_json
from sealmote.provisioning.errors import TargetError
from sealwire.errors import WireError
from sealwire.keys import PublicKey

PORT: Final = 8470  # what `sealmote gateway run` serves at
_URL: Final = re.compile(r"https?://[^\s/]+(?:/\S*)?")
# TEST-NET-1 (RFC 5737): nothing is sent there, but the way there starts at this machine's address.
_ELSEWHERE: Final = ("192.0.2.1", 9)


@dataclass(frozen=True)
class Target:
    """A gateway: what boards pin, its folder where it is on this machine, whether it answers now."""

    pin: GatewayPin
    folder: Path | None
    answers: bool


def choose(named: str, url: str | None = None) -> Target:
    """Return the gateway in a folder or at a URL, whichever was named. Raises TargetError.

    ``url`` is the address by which boards reach a folder's gateway; without one it is this machine's,
    at the usual port. A gateway that answers there has to be the folder's.
    """
    if not _URL.fullmatch(named):
        return _of_folder(Path(named), url)
    if url is not None:
        raise TargetError("--url goes with a gateway's folder: a URL is its own")
    address = named.rstrip("/")
    return Target(ask(address), None, answers=True)


def ask(url: str) -> GatewayPin:
    """Ask a gateway for what boards pin; taken on its word. Raises GatewayAnswerError."""
    keys = asyncio.run(_keys(url))
    try:
        key = PublicKey.parse(bytes.fromhex(str(keys.get("ack_key"))))
    except (ValueError, WireError) as error:
        raise GatewayAnswerError(f"{url} shows no key that boards could pin ({error})") from error
    return GatewayPin(url, str(keys.get("origin")), key)


def own_address() -> str:
    """Return the address of this machine in its network, 127.0.0.1 where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _of_folder(folder: Path, url: str | None) -> Target:
    with Gateway.open(folder) as gateway:
        origin, key = gateway.origin, gateway.ack_key
    address = (url or f"http://{own_address()}:{PORT}").rstrip("/")
    if not _URL.fullmatch(address):
        raise TargetError(
            f"--url {address!r} is no address: give it as in http://192.168.1.5:{PORT}"
        )
    pin = GatewayPin(address, origin, key)
    try:
        found = ask(address)
    except GatewayAnswerError:
        return Target(pin, folder, answers=False)
    if (found.origin, found.key) != (origin, key):
        raise TargetError(
            f"at {address} serves {found.origin}, and {folder} is {origin} with another key: name with"
            " --url the address by which boards reach the gateway of this folder"
        )
    return Target(pin, folder, answers=True)


async def _keys(url: str) -> dict[str, object]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        return await get_json(session, f"{url}/v1/keys")

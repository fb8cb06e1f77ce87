"""The gateway that a board is provisioned for: URL, log origin, acknowledgement key."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sealmote.board.provision import GatewayPin
from sealmote.client import Client, GatewayAnswerError, UnreachableGatewayError
from sealmote.gateway import Gateway
from sealmote.log.errors import NoteError
from sealmote.log.note import NoteKey
from sealmote.provisioning import addresses
from sealmote.provisioning import ca as cas
from sealmote.provisioning.addresses import Address
from sealmote.provisioning.ca import Ca
from sealmote.provisioning.errors import TargetError
from sealwire.errors import WireError
from sealwire.keys import PublicKey

PORT: Final = 8470  # what `sealmote gateway run` serves at
_TIMEOUT_S: Final = 10.0
_URL: Final = re.compile(r"https?://[^\s/]+(?:/\S*)?")

Which = Callable[[list[Address]], str]
"""Asks a person by which of several addresses boards reach this machine."""


@dataclass(frozen=True)
class Target:
    """A gateway: what boards pin, its folder where it is on this machine, whether it answers now.

    ``tls`` checks its certificate, where not the system's CAs do.
    """

    pin: GatewayPin
    folder: Path | None
    answers: bool
    tls: ssl.SSLContext | None = None


def choose(
    named: str, url: str | None = None, ca: Ca | None = None, which: Which | None = None
) -> Target:
    """Return the gateway in a folder or at a URL, whichever was named. Raises TargetError.

    ``url`` is the address by which boards reach a folder's gateway; without one it is this machine's, at
    the usual port: ``which`` is asked where there are several. A gateway that answers there has to be the
    folder's. By ``ca`` boards know an https gateway; one that answers has to match it.
    """
    if not _URL.fullmatch(named):
        return _of_folder(Path(named), url, ca, which)
    if url is not None:
        raise TargetError("--url goes with a gateway's folder: a URL is its own")
    address = named.rstrip("/")
    tls = _checked(ca, address)
    return Target(ask(address, tls), None, answers=True, tls=tls)


def ask(url: str, tls: ssl.SSLContext | None = None) -> GatewayPin:
    """Ask a gateway for what boards pin; taken on its word. Raises GatewayAnswerError."""
    with Client(url, tls=tls, timeout_s=_TIMEOUT_S) as gateway:
        keys = gateway.keys()
    try:
        key = PublicKey.parse(keys.ack_key)
        origin = NoteKey.parse(keys.log_vkey).name
    except (WireError, NoteError) as error:
        raise GatewayAnswerError(f"{url} shows no key that boards could pin ({error})") from error
    if keys.origin != origin:
        raise GatewayAnswerError(f"{url} names another log than its log's key: do not trust it")
    return GatewayPin(url, origin, key)


def own_address(which: Which | None = None) -> str:
    """Return the address by which boards reach this machine; ``which`` is asked where it has several.

    Raises TargetError where it has none, or several and nobody to ask.
    """
    found = addresses.own()
    if not found:
        raise TargetError(
            "this machine is in no network, so no board could reach a gateway here: name with --url the"
            " address by which boards reach it"
        )
    if len(found) == 1:
        return found[0].address
    if which is None:
        listed = ", ".join(map(str, found))
        raise TargetError(
            f"this machine has several addresses ({listed}): name with --url the one by which boards"
            f" reach it, as in http://{found[0].address}:{PORT}"
        )
    return which(found)


def _of_folder(folder: Path, url: str | None, ca: Ca | None, which: Which | None) -> Target:
    with Gateway.open(folder) as gateway:
        origin, key = gateway.origin, gateway.ack_key
    address = (url or f"http://{own_address(which)}:{PORT}").rstrip("/")
    if not _URL.fullmatch(address):
        raise TargetError(
            f"--url {address!r} is no address: give it as in http://192.168.1.5:{PORT}"
        )
    pin, tls = GatewayPin(address, origin, key), _checked(ca, address)
    try:
        found = ask(address, tls)
    except UnreachableGatewayError:
        return Target(pin, folder, answers=False, tls=tls)
    except GatewayAnswerError as error:
        raise TargetError(
            f"what answers at {address} is not the gateway of {folder} ({error}): name with --url the"
            " address by which boards reach it"
        ) from error
    if (found.origin, found.key) != (origin, key):
        raise TargetError(
            f"at {address} serves {found.origin}, and {folder} is {origin} with another key: name with"
            " --url the address by which boards reach the gateway of this folder"
        )
    return Target(pin, folder, answers=True, tls=tls)


def _checked(ca: Ca | None, address: str) -> ssl.SSLContext | None:
    """Return what checks the gateway's certificate as a board will. Raises TargetError if it does not."""
    if ca is None:
        return None
    if not address.startswith("https:"):
        raise TargetError(
            f"--ca goes with https, and the gateway's address is {address}: name the one that speaks TLS"
            " with --url https://…"
        )
    cas.matches(ca, address)
    return ca.context()

"""Options and prompts of `provision` and `setup`."""

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from sealmote.board import label, label_qr
from sealmote.board.errors import PortError
from sealmote.board.port import ports
from sealmote.board.port.ports import Port
from sealmote.board.provision import GatewayPin
from sealmote.cli.common.chain_options import chain_for_registry
from sealmote.cli.common.output import escape, print_fields, stderr, stdout
from sealmote.provisioning import ca as cas
from sealmote.provisioning import flow, registry, target
from sealmote.provisioning.addresses import Address, is_loopback
from sealmote.provisioning.errors import InputError, TargetError
from sealmote.provisioning.provisioning_input import (
    PASSWORD_VARIABLE,
    SSID_VARIABLE,
    ProvisioningInput,
)

GatewayArgument = Annotated[
    str, typer.Argument(help="The gateway's folder, or its URL where it is on another machine.")
]
PortOption = Annotated[
    str | None, typer.Option("--port", "-p", help="Needed if several are there.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(help="Where boards reach the folder's gateway; else this machine, port 8470."),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file", help="JSON or TOML: wifi and other sections, readable by its owner only."
    ),
]
SsidOption = Annotated[
    str | None,
    typer.Option(
        "--wifi", help=f"The Wi-Fi's name; else from the file, ${SSID_VARIABLE}, or asked."
    ),
]
OwnerOption = Annotated[str | None, typer.Option(help="The owner's address, 0x….")]
AlgOption = Annotated[
    str | None, typer.Option(help="ES256 or ES256K, for a board that has no key yet.")
]
BoardOption = Annotated[
    str | None,
    typer.Option(help="Whose pins: xiao-esp32c3, esp32-s3-devkitc, …; else the chip's usual ones."),
]
TryOption = Annotated[
    bool, typer.Option("--try/--no-try", help="Join the Wi-Fi first, to be sure.")
]
CaOption = Annotated[
    Path | None,
    typer.Option(help="The CA certificates, in PEM, by which the board knows an https gateway."),
]


def _checked(qr: Path | None) -> Path | None:
    """Return the file's name, which is wrong before anything is done or never."""
    if qr is not None:
        label_qr.check_name(qr)
    return qr


QrOption = Annotated[
    Path | None,
    typer.Option(callback=_checked, help="Write the QR code for the case to a .svg or .png file."),
]


@dataclass(frozen=True)
class ProvisioningOptions:
    """What a user named on the command line for a board that is to be theirs."""

    gateway: str
    url: str | None
    file: Path | None
    ssid: str | None
    owner: str | None
    alg: str | None
    board: str | None
    try_wifi: bool
    rpc: list[str] | None
    deployment: Path | None
    account: Path | None
    dev_account: bool
    ca: Path | None

    def request(self, held: ExitStack) -> flow.ProvisioningRequest:
        """Return what is to be done; a chain's client is closed with ``held``."""
        ca = cas.read(self.ca) if self.ca is not None else None
        somebody = sys.stdin.isatty()
        there = target.choose(self.gateway, self.url, ca, _which_address if somebody else None)
        _warn_of_loopback(there.pin.url, somebody)
        return flow.ProvisioningRequest(
            target=there,
            settings=self._settings(),
            owner=registry.parse_owner(self.owner) if self.owner else None,
            chain=chain_for_registry(
                held, self.rpc, self.deployment, self.account, dev=self.dev_account
            ),
            alg=self.alg,
            try_wifi=self.try_wifi,
            ca=ca,
        )

    def _settings(self) -> ProvisioningInput:
        settings = ProvisioningInput.gather(self.file, os.environ, self.ssid)
        if self.board is None:
            return settings
        return replace(settings, sections={**settings.sections, "board": self.board})


def _which_address(found: list[Address]) -> str:
    """Ask by which of several addresses boards reach this machine."""
    typer.echo(
        "This machine has several addresses. Which is in the network of the boards?", err=True
    )
    for number, one in enumerate(found, start=1):
        typer.echo(f"  {number}  {one}", err=True)
    while True:
        chosen: int = typer.prompt("Number", type=int, err=True)
        if 1 <= chosen <= len(found):
            return found[chosen - 1].address


def _warn_of_loopback(url: str, somebody: bool) -> None:
    """Ask before a board is told an address that would lead it to itself. Raises TargetError on a no."""
    if not is_loopback(url):
        return
    if not somebody:
        say(f"{url} leads each board to itself: only a simulated one on this machine reaches it")
        return
    if not typer.confirm(
        f"{url} leads a real board to itself; only a simulated one reaches it. Go on?", err=True
    ):
        raise TargetError(
            "nothing was changed: name with --url the address by which boards reach the gateway"
        )


def only_port(name: str | None) -> Port:
    """Return the port that was named, or the only one with a board. Raises PortError."""
    if name is not None:
        return ports.choose([name])[0]
    found = ports.plugged_in()
    if not found:
        raise PortError("no board is plugged in: use a cable that carries data, or name its --port")
    if len(found) > 1:
        listed = ", ".join(one.device for one in found)
        raise PortError(f"several boards are plugged in ({listed}): name one --port")
    return found[0]


def ask(question: str, hidden: bool) -> str:
    """Ask the person at the terminal; what is hidden does not show while it is typed."""
    if not sys.stdin.isatty():
        raise InputError(
            f"nobody is here to ask ({question}): set {SSID_VARIABLE} and {PASSWORD_VARIABLE}, or name"
            " a --file"
        )
    answer: str = typer.prompt(
        question, default="" if hidden else None, show_default=False, hide_input=hidden, err=True
    )
    return answer


def say(step: str) -> None:
    """Tell what is being done, apart from what a program would read."""
    stderr.styled(f"[dim]{escape(step)}[/]")


def summarize(made: flow.Provisioned, pin: GatewayPin, qr: Path | None) -> dict[str, object]:
    """Write the label where asked; return what a program would want to know of the board."""
    key = made.identity.key
    if qr is not None:
        label_qr.save(key, qr)
    return {
        "device": key.thumbprint().hex(),
        "mac": made.identity.mac.hex(),
        "key": key.cose().hex(),
        "registration": made.registration.hex(),
        "label": label.uri(key),
        "gateway": pin.url,
        "origin": pin.origin,
        "changes": made.changes,
    }


def show(made: flow.Provisioned, summary: dict[str, object]) -> None:
    """Print who the board is, for people, with its QR code on a terminal."""
    names = ("device", "mac", "origin", "gateway", "label")
    print_fields("this board is yours", ((name, str(summary[name])) for name in names))
    if stdout.is_terminal:
        typer.echo(label_qr.terminal(made.identity.key))

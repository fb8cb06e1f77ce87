"""`sealmote device`: which keys a gateway takes messages from."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from sealmote.board import provision
from sealmote.chain.protocols import DeviceRegistry
from sealmote.cli.challenge import show
from sealmote.cli.common.byte_argument import read_bytes, read_public_key
from sealmote.cli.common.chain_options import (
    AccountOption,
    DeploymentOption,
    DevAccountOption,
    RpcOption,
    chain_for_registry,
)
from sealmote.cli.common.confirm import agree
from sealmote.cli.common.device_argument import Thumbprint, find_device
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stderr, stdout
from sealmote.cli.device_refusals import acknowledgements
from sealmote.common.timestamps import moment
from sealmote.errors import SealmoteError
from sealmote.gateway import Device, Gateway
from sealmote.provisioning import registry
from sealwire.keys import PublicKey

app = typer.Typer(help="Add, list, show and revoke a gateway's devices.", no_args_is_help=True)
app.command()(show)
app.command("acks")(acknowledgements)

Directory = Annotated[Path, typer.Argument(help="The gateway's folder.")]


class DeviceOptionError(SealmoteError):
    """Options that do not say which device is meant."""


@app.command()
def add(
    directory: Directory,
    sim: Annotated[
        Path | None, typer.Option(help="A simulated board's folder: it is asked for all.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="The owner's address, 0x….")] = None,
    key: Annotated[
        str | None, typer.Option(help="The device's public COSE_Key, file or hex.")
    ] = None,
    registration: Annotated[
        str | None, typer.Option(help="The key's signed registration, file or hex.")
    ] = None,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Add a key that did not sign its registration.")
    ] = False,
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    account: AccountOption = None,
    dev_account: DevAccountOption = False,
    json: JsonOption = False,
) -> None:
    """Take messages from a device from now on; with --rpc, register it on that chain as well.

    Example: sealmote device add my-gateway --sim board-1 --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
    """
    with ExitStack() as held:
        chain = chain_for_registry(held, rpc, deployment, account, dev=dev_account)
        if sim is not None:
            chosen, signed = _ask_board(sim, _address(owner), chain)
        elif key is not None:
            chosen = read_public_key(key)
            signed = read_bytes(registration) if registration else None
        else:
            raise DeviceOptionError("say which device: --sim FOLDER, or --key and --registration")
        if signed is not None:
            registry.enter_on_chain(chain, chosen, signed)
        gateway = held.enter_context(Gateway.open(directory))
        named = _address(owner) if owner is not None else None
        added = gateway.add_device(chosen, named, signed, unproven=unproven)
    if json:
        print_json(_as_object(added))
    else:
        stdout.say(f"added {added.thumbprint.hex()}")


@app.command("list")
def list_devices(directory: Directory, json: JsonOption = False) -> None:
    """List all devices of a gateway, revoked ones too.

    Example: sealmote device list my-gateway
    """
    with Gateway.open(directory) as gateway:
        found, damaged = gateway.list_devices(), gateway.damaged_devices()
    for what in damaged:
        stderr.say(what)
    if json:
        print_json([_as_object(device) for device in found])
        return
    if not found:
        stdout.say(f"no devices yet: `sealmote device add {directory}` enters one")
    for device in found:
        fields = [("owner", "0x" + device.owner.hex() if device.owner else "nobody said")]
        fields.append(("added", moment(device.added)))
        if device.revoked:
            fields.append(("revoked", moment(device.revoked)))
        print_fields(device.thumbprint.hex(), fields)


@app.command()
def revoke(
    directory: Directory,
    device: Thumbprint,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Refuse whatever is new from a device, for good.

    Example: sealmote device revoke my-gateway 4ed61fd7…
    """
    with Gateway.open(directory) as gateway:
        thumbprint = find_device(gateway, device)
        if not yes:
            agree(
                f"Revoke {thumbprint.hex()}? A revoked key never comes back",
                "A revoked key never comes back, and nobody is here to agree: say --yes",
            )
        gateway.revoke_device(thumbprint)
    stdout.say(f"revoked {thumbprint.hex()}")


def _ask_board(
    folder: Path, owner: bytes, chain: DeviceRegistry | None
) -> tuple[PublicKey, bytes | None]:
    from sealmote.sim import Board  # noqa: PLC0415 - an extra that a gateway has no need of

    board = Board.open(folder)
    key = provision.identity(board).key
    return key, registry.consent(board, key, owner, chain)


def _address(owner: str | None) -> bytes:
    if owner is None:
        raise DeviceOptionError("say whose device it is: --owner 0x… (20 bytes)")
    return registry.parse_owner(owner)


def _as_object(device: Device) -> dict[str, object]:
    return {
        "device": device.thumbprint.hex(),
        "key": device.key.hex(),
        "owner": "0x" + device.owner.hex() if device.owner else None,
        "added": device.added,
        "revoked": device.revoked,
    }

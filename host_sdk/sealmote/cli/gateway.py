"""`sealmote gateway`: make one, run one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sealmote.chain import registry
from sealmote.chain.errors import TargetError
from sealmote.chain.protocols import Chain, Payer
from sealmote.cli.challenge import challenge
from sealmote.cli.common.chain_options import AccountOption, DeploymentOption, embedded_chain
from sealmote.cli.common.log_output import log_lines
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stdout
from sealmote.cli.common.until_stopped import until_stopped
from sealmote.cli.fsck import fsck
from sealmote.cli.gateway_move import adopt, release
from sealmote.errors import SealmoteError
from sealmote.gateway import Gateway
from sealmote.gateway.run import run as serve

app = typer.Typer(help="Verify, keep, log and anchor what boards send.", no_args_is_help=True)
app.command()(challenge)
app.command()(fsck)
app.command()(release)
app.command()(adopt)

_NONE, _EMBEDDED = "none", "embedded"

Directory = Annotated[Path, typer.Argument(help="The gateway's folder.")]


class ChainOptionError(SealmoteError):
    """A chain option that lacks another."""


@app.command()
def create(
    directory: Directory,
    origin: Annotated[
        str, typer.Option(help="The log's name for ever: a domain and path of yours.")
    ],
    json: JsonOption = False,
) -> None:
    """Make a gateway's folder: its keys, its database, its settings.

    Example: sealmote gateway create my-gateway --origin example.org/garden
    """
    with Gateway.create(directory, origin) as made:
        keys = {
            "origin": made.origin,
            "ack_key": made.ack_key.cose().hex(),
            "log_vkey": made.log_key.vkey(),
        }
    if json:
        print_json(keys)
    else:
        print_fields(f"a gateway in {directory}", keys.items())


@app.command()
def run(
    directory: Directory,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8470,
    chain: Annotated[
        list[str] | None,
        typer.Option(
            "--chain",
            "--rpc",
            help='"none", "embedded", or a node\'s JSON-RPC address; again for others, asked if it'
            " fails. Else the addresses that gateway.toml lists.",
        ),
    ] = None,
    rpc_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where an embedded chain is served.")
    ] = 8545,
    deployment: DeploymentOption = None,
    account: AccountOption = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    A node's address may hold a key, and a command line can be read by others: list it in gateway.toml, as
    in chain.rpc = ["https://node.example/KEY"]. --deployment is deployment.json in the folder by default.

    Example: sealmote gateway run my-gateway --chain embedded
    """
    log_lines()
    with (
        until_stopped(),
        Gateway.open(directory) as gateway,
        _chosen_chain(
            chain or list(gateway.settings.chain.rpc) or [_NONE],
            directory,
            rpc_port,
            deployment or directory / "deployment.json",
            account,
        ) as client,
    ):
        serve(gateway, host, port, client, lambda url: _say(gateway.origin, url))


@contextmanager
def _chosen_chain(
    targets: list[str], directory: Path, port: int, deployment: Path, account: Path | None
) -> Iterator[Chain | None]:
    if targets == [_NONE]:
        yield None
    elif targets == [_EMBEDDED]:
        with embedded_chain(directory, "127.0.0.1", port) as (client, address):
            stdout.say(f"chain {client.chain_id} at {address}")
            yield client
    else:
        with _connected(targets, deployment, Payer(account)) as client:
            yield client


def _connected(targets: list[str], deployment: Path, payer: Payer) -> Chain:
    try:
        if deployment.is_file():
            return registry.connect(targets, deployment, payer, is_patient=True)
        registry.check_targets(targets)
    except TargetError as error:
        raise ChainOptionError(
            f'{error}. A gateway also takes "{_NONE}" or "{_EMBEDDED}"'
        ) from error
    raise ChainOptionError(
        f"a node's chain needs --deployment FILE, and {deployment} is none: `sealmote chain"
        " deploy` writes it"
    )


def _say(origin: str, url: str) -> None:
    stdout.say(f"{origin} at {url}; Ctrl-C stops it")

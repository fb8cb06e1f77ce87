"""`sealmote gateway`: make one, run one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sealmote.chain import ChainClient
from sealmote.cli.chains import (
    AccountOption,
    DeploymentOption,
    choose_account,
    connect_to,
    embedded_chain,
)
from sealmote.cli.challenge import challenge
from sealmote.cli.logs import log_lines
from sealmote.cli.output import JsonOption, print_fields, print_json, stdout
from sealmote.errors import SealmoteError
from sealmote.gateway import Gateway
from sealmote.gateway.run import run as serve

app = typer.Typer(help="Verify, keep, log and anchor what boards send.", no_args_is_help=True)
app.command()(challenge)

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
        str, typer.Option(help='"none", "embedded", or a node\'s JSON-RPC address.')
    ] = "none",
    rpc_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where an embedded chain is served.")
    ] = 8545,
    deployment: DeploymentOption = None,
    account: AccountOption = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Example: sealmote gateway run my-gateway --chain embedded
    """
    log_lines()
    with (
        Gateway.open(directory) as gateway,
        _chosen_chain(chain, directory, rpc_port, deployment, account) as client,
    ):
        serve(gateway, host, port, client, lambda url: _say(gateway.origin, url))


@contextmanager
def _chosen_chain(
    target: str, directory: Path, port: int, deployment: Path | None, account: Path | None
) -> Iterator[ChainClient | None]:
    if target == "none":
        yield None
    elif target == "embedded":
        with embedded_chain(directory, "127.0.0.1", port) as (client, address):
            stdout.print(f"chain {client.chain_id} at {address}", highlight=False)
            yield client
    elif deployment is None:
        raise ChainOptionError(
            "a node's chain needs --deployment FILE: `sealmote chain deploy` writes it"
        )
    else:
        with connect_to(target, deployment, choose_account(account)) as client:
            yield client


def _say(origin: str, url: str) -> None:
    stdout.print(f"{origin} at {url}; Ctrl-C stops it", highlight=False)

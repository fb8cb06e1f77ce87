"""`sealmote chain`: an embedded chain for other programs, and the contracts on any chain."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sealmote.chain.evm import connection
from sealmote.chain.evm.client import connect
from sealmote.chain.evm.transactions.account import checksum
from sealmote.chain.protocols import Payer
from sealmote.cli.common.chain_options import (
    AccountOption,
    DeploymentOption,
    DevAccountOption,
    RpcOption,
)
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stdout
from sealmote.cli.common.until_stopped import until_stopped

app = typer.Typer(help="Run an embedded EVM chain, or use any node's.", no_args_is_help=True)

_LOOKS_EVERY_S = 1.0  # whether it is to stop
_LOCAL = "http://127.0.0.1:8545"
_CONTRACTS = Path("deployment.json")


@app.command()
def serve(
    file: Annotated[Path, typer.Argument(help="The chain's file; made if it is not there.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8545,
) -> None:
    """Serve an embedded chain to other programs until Ctrl-C or SIGTERM.

    Example: sealmote chain serve my-chain.sqlite
    """
    # Here: the extra `chain` brings an EVM, which any node's user has no need of.
    from sealmote.chain.embedded.chain import EmbeddedChain  # noqa: PLC0415
    from sealmote.chain.embedded.server import serve as serve_chain  # noqa: PLC0415

    with (
        until_stopped(),
        EmbeddedChain(file) as chain,
        serve_chain(chain, host, port) as address,
    ):
        stdout.say(f"chain {chain.chain_id} at {address}; Ctrl-C stops it")
        while True:
            time.sleep(_LOOKS_EVERY_S)


@app.command()
def deploy(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = _CONTRACTS,
    rpc: RpcOption = None,
    account: AccountOption = None,
    dev_account: DevAccountOption = False,
) -> None:
    """Put the registry and the anchor contract on a chain.

    What was cut short is finished by the same command, and contracts that the file names already are
    not made again.

    Example: sealmote chain deploy --rpc http://127.0.0.1:8545 --dev-account
    """
    with connect(rpc or _LOCAL, connection.account_of(Payer(account, is_dev=dev_account))) as chain:
        is_there = output.is_file()
        made = chain.deploy(output)
    stdout.say(f"registry {checksum(made.registry)}")
    stdout.say(f"anchor   {checksum(made.anchor)}")
    stdout.say(f"chain    {made.chain_id}, block {made.block}")
    if is_there:
        done = f"they stand already, as {output} says: name another --output to make others"
    else:
        done = f"written to {output}"
    stdout.say(done)


@app.command()
def show(
    rpc: RpcOption = None,
    deployment: DeploymentOption = _CONTRACTS,
    origin: Annotated[str | None, typer.Option(help="A log, to see its newest anchor.")] = None,
    json: JsonOption = False,
) -> None:
    """Show the contracts on a chain and, with --origin, what a log has anchored.

    Example: sealmote chain show --deployment deployment.json --origin example.org/garden
    """
    contracts = deployment or _CONTRACTS
    with connection.connect(rpc or [_LOCAL], contracts, None, is_patient=False) as chain:
        found: dict[str, object] = {
            "chain_id": chain.chain_id,
            "registry": checksum(chain.deployment.registry),
            "anchor": checksum(chain.deployment.anchor),
        }
        if origin is not None:
            newest = chain.latest_anchor(origin)
            found["origin"] = origin
            found["size"] = newest.size if newest else None
            found["root"] = newest.root.hex() if newest else None
            found["block"] = newest.block_number if newest else None
    if json:
        print_json(found)
        return
    print_fields(
        "contracts", ((key, str(value)) for key, value in found.items() if value is not None)
    )
    if origin is not None and found["size"] is None:
        stdout.say("nothing is anchored under this name")

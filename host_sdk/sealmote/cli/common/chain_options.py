"""Options that choose a chain, its contracts and the paying account."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealmote.chain import registry
from sealmote.chain.protocols import ACCOUNT_VARIABLE, Chain, Payer
from sealmote.errors import SealmoteError

if TYPE_CHECKING:
    from sealmote.chain.evm.client import ChainClient

RpcOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rpc", help="JSON-RPC address of a chain's node; again for others, asked if it fails."
    ),
]
DeploymentOption = Annotated[
    Path | None, typer.Option(help="Where the contracts stand: file of `sealmote chain deploy`.")
]
AccountOption = Annotated[
    Path | None,
    typer.Option(help=f"File with the paying account's key (mode 0600); else ${ACCOUNT_VARIABLE}."),
]
DevAccountOption = Annotated[
    bool, typer.Option("--dev-account", help="Pay with an embedded chain's first account.")
]


class ChainOptionsError(SealmoteError):
    """Options of which one needs another."""


def chain_for_registry(
    held: ExitStack,
    rpc: Sequence[str] | None,
    deployment: Path | None,
    account: Path | None,
    *,
    dev: bool,
) -> Chain | None:
    """Connect to the chain that a device is to be registered on; None where no node is named."""
    if not rpc:
        return None
    if deployment is None:
        raise ChainOptionsError("--rpc needs --deployment FILE: say where the contracts stand")
    return held.enter_context(registry.connect(rpc, deployment, Payer(account, is_dev=dev)))


@contextmanager
def embedded_chain(folder: Path, host: str, port: int) -> "Iterator[tuple[ChainClient, str]]":
    """Open the chain in ``folder``, with its contracts, and serve it; yields client and address.

    A new chain gets the contracts, and their deployment stands in deployment.json.
    """
    # Here: an EVM takes a second to load, and a client of one most of another.
    from sealmote.chain.embedded.chain import EmbeddedChain  # noqa: PLC0415
    from sealmote.chain.embedded.node import EmbeddedNode  # noqa: PLC0415
    from sealmote.chain.embedded.server import serve  # noqa: PLC0415
    from sealmote.chain.evm.client import ChainClient  # noqa: PLC0415
    from sealmote.chain.evm.transactions.account import dev_account  # noqa: PLC0415

    with EmbeddedChain(folder / "chain.sqlite") as chain, serve(chain, host, port) as address:
        client = ChainClient(EmbeddedNode(chain), dev_account())
        client.deploy(folder / "deployment.json")
        yield client, address

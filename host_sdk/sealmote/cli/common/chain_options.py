"""Options that choose a chain, its contracts and the paying account."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sealmote.chain.evm.account import Account, dev_account
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.deployment import Deployment
from sealmote.chain.evm.targets import open_node
from sealmote.errors import SealmoteError

ACCOUNT_VARIABLE = "SEALMOTE_ACCOUNT_KEY"

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


def choose_account(file: Path | None, *, dev: bool = False) -> Account:
    """Return the account that a user named: a file, the development account, or the environment."""
    if dev:
        return dev_account()
    return Account.load(file) if file else Account.from_environment(ACCOUNT_VARIABLE)


def connect_to(
    rpc: Sequence[str], deployment: Path | None, account: Account | None = None
) -> ChainClient:
    """Connect to a chain's nodes and, where a deployment is named, use its contracts."""
    chain = connect(rpc, account)
    if deployment is not None:
        try:
            chain.use(Deployment.load(deployment))
        except BaseException:
            chain.close()
            raise
    return chain


def chain_for_registry(
    held: ExitStack,
    rpc: Sequence[str] | None,
    deployment: Path | None,
    account: Path | None,
    *,
    dev: bool,
) -> ChainClient | None:
    """Connect to the chain that a device is to be registered on; None where no node is named."""
    if not rpc:
        return None
    if deployment is None:
        raise ChainOptionsError("--rpc needs --deployment FILE: say where the contracts stand")
    return held.enter_context(connect_to(rpc, deployment, choose_account(account, dev=dev)))


@contextmanager
def embedded_chain(folder: Path, host: str, port: int) -> Iterator[tuple[ChainClient, str]]:
    """Open the chain in ``folder``, with its contracts, and serve it; yields client and address.

    A new chain gets the contracts, and their deployment stands in deployment.json.
    """
    from sealmote.chain.embedded.chain import EmbeddedChain  # noqa: PLC0415 - an EVM takes a second to load
    from sealmote.chain.embedded.node import EmbeddedNode  # noqa: PLC0415
    from sealmote.chain.embedded.server import serve  # noqa: PLC0415

    with EmbeddedChain(folder / "chain.sqlite") as chain, serve(chain, host, port) as address:
        client = ChainClient(EmbeddedNode(chain), dev_account())
        client.deploy(folder / "deployment.json")
        yield client, address


@contextmanager
def chain_of_nodes(rpc: Sequence[str], deployment: Path, account: Account) -> Iterator[ChainClient]:
    """Yield a client of a chain whether or not its nodes answer yet. Raises ChainError for no address."""
    with ChainClient(open_node(rpc), account) as client:
        client.expect(Deployment.load(deployment))
        yield client

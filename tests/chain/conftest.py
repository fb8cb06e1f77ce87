"""Chains to test on: embedded, embedded behind HTTP, and a real node (anvil)."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from needs import lacking
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import NodeUnreachableError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.rpc.endpoint import Endpoint
from sealmote.chain.evm.transactions.account import Account, dev_account

ROOT = Path(__file__).resolve().parents[2]
# The first development account of anvil, from its published mnemonic.
ANVIL_SECRET = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ANVIL_START_S = 120


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainClient]:
    """An embedded chain with both contracts."""
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    with connect(f"embedded:{path}", dev_account()) as client:
        client.deploy()
        yield client


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The address of a real node that knows Osaka. It mines a block for each transaction."""
    with _running_anvil("osaka") as address:
        yield address


@pytest.fixture(scope="session")
def old_anvil() -> Iterator[str]:
    """The address of a real node of the fork before Osaka, without P256VERIFY."""
    with _running_anvil("prague") as address:
        yield address


@pytest.fixture(scope="module", params=["embedded", "served", "anvil"])
def any_chain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ChainClient]:
    """The same client on each kind of chain, with both contracts."""
    if request.param == "anvil":
        node, account = request.getfixturevalue("anvil"), Account(bytes.fromhex(ANVIL_SECRET))
        with connect(node, account) as client:
            client.deploy()
            yield client
        return
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    if request.param == "embedded":
        with connect(f"embedded:{path}", dev_account()) as client:
            client.deploy()
            yield client
        return
    with (
        EmbeddedChain(path) as embedded,
        serve(embedded) as address,
        connect(address, dev_account()) as client,
    ):
        client.deploy()
        yield client


@contextmanager
def _running_anvil(fork: str) -> Iterator[str]:
    port = _free_port()
    command = [_anvil_binary(), "--port", str(port), "--hardfork", fork, "--silent"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _await_node(address)
            yield address
        finally:
            process.terminate()


def _anvil_binary() -> str:
    local = ROOT / ".venv/anvil/node_modules/.bin/anvil"
    named = os.environ.get("SEALMOTE_ANVIL") or shutil.which("anvil") or str(local)
    if not Path(named).exists():
        lacking("anvil", "install npm, then `make anvil`; or name it in SEALMOTE_ANVIL")
    return named


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_node(address: str) -> None:
    deadline = time.monotonic() + ANVIL_START_S
    while True:
        try:
            Endpoint(address).request("eth_chainId", [])
        except NodeUnreachableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return

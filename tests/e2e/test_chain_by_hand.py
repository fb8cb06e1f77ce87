"""A gateway and the chain it was given, from the command line: nodes that fail, and keys in addresses."""

import json
import time
import urllib.request
from hashlib import sha256
from pathlib import Path

import pytest

from commands import Sealmote, running
from flaky_node import Reply, flaky
from patience import PATIENCE_S
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import TargetError
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.cli.chain import show
from sealmote.cli.gateway import ChainOptionError, run
from sealmote.cli.verify import verify
from sealmote.gateway import Gateway

FORMER_PROOF = Path(__file__).parents[1] / "sdk/proof_format_1/anchored.json"
KEY = "0123456789abcdefSECRET"
DEV_KEY = sha256(b"sealmote development account 0").hexdigest()


def status(url: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{url}/v1/status", timeout=PATIENCE_S) as answer:
        found: dict[str, object] = json.loads(answer.read())
        return found


def test_a_gateway_serves_by_the_nodes_of_its_settings(
    tmp_path: Path, sealmote: Sealmote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first none of them lets it in; then the second does, and it anchors by that one."""
    folder = tmp_path / "gw"
    assert sealmote("gateway", "create", folder, "--origin", "example.org/x").returncode == 0
    with (
        EmbeddedChain(tmp_path / "chain.db") as chain,
        serve(chain) as upstream,
        flaky(upstream, f"/one/{KEY}") as one,
        flaky(upstream, f"/two/{KEY}") as two,
    ):
        deploy = ("chain", "deploy", "--dev-account", "-o", folder / "deployment.json")
        deployed = sealmote(*deploy, "--rpc", f"{one.address} ", "--rpc", two.address)
        assert deployed.returncode == 0, deployed.stderr
        of_log = ("--deployment", folder / "deployment.json", "--origin", "example.org/x")
        shown = sealmote("chain", "show", "--rpc", upstream, *of_log).stdout
        assert "nothing is anchored under this name" in shown
        assert "None" not in shown
        one.fault = two.fault = lambda _: Reply(401, b"no such project")
        one.requests.clear()
        file = folder / "gateway.toml"
        nodes = json.dumps([one.address, two.address])
        file.write_text(
            f"rpc = {nodes}\nanchor_period_s = 0.1\n"
            + file.read_text().replace("anchor_period_s", "# anchor_period_s")
        )
        monkeypatch.setenv("SEALMOTE_ACCOUNT_KEY", DEV_KEY)
        with running(
            "gateway", "run", folder, "--port", 0, until=r"example.org/x at (\S+);"
        ) as url:
            said = status(url)
            assert "only the chain can tell" in str(said["halted"])
            assert KEY not in json.dumps(said)
            two.fault = lambda _: None
            deadline = time.monotonic() + PATIENCE_S
            while status(url)["halted"] is not None:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    assert "eth_call" not in one.asked
    assert "eth_call" in two.asked


def test_a_key_in_an_address_is_not_shown(sealmote: Sealmote) -> None:
    ended = sealmote("chain", "show", "--rpc", f"http://127.0.0.1:9/é/{KEY} x")
    assert ended.returncode == 1
    assert "of a node (without user name" in ended.stderr.replace("\n", " ")
    assert "Traceback" not in ended.stderr
    assert KEY not in ended.stdout + ended.stderr


@pytest.mark.parametrize("chain", [["foo"], ["localhost:8545"], ["none", "http://127.0.0.1:8545"]])
def test_what_is_no_chain_is_answered_with_the_forms_that_are_taken(
    tmp_path: Path, chain: list[str]
) -> None:
    Gateway.create(tmp_path / "gw", "example.org/x").close()
    file = tmp_path / "d.json"
    for _ in range(2):  # without contracts, and with some
        with pytest.raises(
            ChainOptionError, match=r'or http://.*also takes "none" or "emb'
        ) as told:
            run(tmp_path / "gw", port=0, chain=chain, deployment=file)
        assert "foo" not in str(told.value)  # a key may stand there
        file.write_text(Deployment(1, bytes(20), bytes(20), 0).to_json())


def test_a_chain_that_is_not_there_is_not_made_by_who_only_asks(tmp_path: Path) -> None:
    file, node = tmp_path / "new.sqlite", [f"embedded:{tmp_path / 'new.sqlite'}"]
    (tmp_path / "d.json").write_text(Deployment(1, bytes(20), bytes(20), 0).to_json())
    for deployment in (None, tmp_path / "d.json"):
        with pytest.raises(TargetError, match="there is no chain in"):
            verify(FORMER_PROOF, rpc=node, deployment=deployment)
    with pytest.raises(TargetError, match="there is no chain in"):
        show(rpc=node, deployment=tmp_path / "d.json")
    assert not file.exists()

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

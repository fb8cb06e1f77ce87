"""What the command line prints can be copied, and what it is given is checked before anything is made."""

from pathlib import Path

import pytest

from commands import Sealmote
from sealmote.chain import connect
from sealmote.crypto import Signer
from sealmote.gateway import Gateway


def test_thumbprints_can_be_copied_from_the_list(tmp_path: Path, sealmote: Sealmote) -> None:
    key, owner = Signer.generate(-7).public, bytes(range(20))
    with Gateway.create(tmp_path / "gw", "example.org/garden") as gateway:
        gateway.add_device(key, owner, unproven=True)
    listed = sealmote("device", "list", tmp_path / "gw")
    assert listed.returncode == 0, listed.stderr
    assert key.thumbprint().hex() in listed.stdout
    assert "0x" + owner.hex() in listed.stdout
    named = listed.stdout.split()[0]
    assert sealmote("device", "revoke", tmp_path / "gw", named).returncode == 0
    assert "revoked" in sealmote("device", "list", tmp_path / "gw").stdout


@pytest.mark.parametrize(
    ("option", "value"), [("--alg", "ES999"), ("--sensor", "bmp999"), ("--speed", "-1")]
)
def test_a_board_that_cannot_be_is_not_begun(
    tmp_path: Path, sealmote: Sealmote, option: str, value: str
) -> None:
    ended = sealmote("sim", "create", tmp_path / "board", option, value)
    assert ended.returncode == 2
    assert option in ended.stderr
    assert not (tmp_path / "board").exists()


def test_a_deployment_that_cannot_be_written_is_not_paid_for(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    chain = f"embedded:{tmp_path / 'chain.sqlite'}"
    ended = sealmote("chain", "deploy", "--rpc", chain, "--dev-account", "-o", tmp_path)
    assert ended.returncode == 1
    assert "cannot write" in ended.stderr
    with connect(chain) as client:
        assert client.head_block() == 0


def test_a_deployment_is_made_once(tmp_path: Path, sealmote: Sealmote) -> None:
    chain, file = f"embedded:{tmp_path / 'chain.sqlite'}", tmp_path / "deployment.json"
    deploy = ("chain", "deploy", "--rpc", chain, "--dev-account", "-o", file)
    first, second = sealmote(*deploy), sealmote(*deploy)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.splitlines()[:2] == second.stdout.splitlines()[:2]
    assert "they stand already" in second.stdout
    with connect(chain) as client:
        assert client.head_block() == 2


def test_a_deployment_without_a_node_is_refused(tmp_path: Path, sealmote: Sealmote) -> None:
    ended = sealmote("verify", tmp_path / "proof", "--deployment", tmp_path / "deployment.json")
    assert ended.returncode == 1
    assert "--deployment needs --rpc" in ended.stderr

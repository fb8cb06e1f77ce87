"""A gateway, a board and a proof by hand, without a chain for the devices."""

import json
import subprocess
import time
from pathlib import Path

from commands import Sealmote, make_hasty, running
from patience import PATIENCE_S

OWNER = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"


def test_gateway_board_device_prove_verify(tmp_path: Path, sealmote: Sealmote) -> None:
    gateway, board, proof = tmp_path / "gw", tmp_path / "board-1", tmp_path / "reading.proof"
    made = sealmote("gateway", "create", gateway, "--origin", "example.org/garden", "--json")
    assert made.returncode == 0, made.stderr
    log_key = json.loads(made.stdout)["log_vkey"]
    make_hasty(gateway)
    serve = ("gateway", "run", gateway, "--chain", "embedded", "--port", 0, "--rpc-port", 0)
    with running(*serve, until=r"example.org/garden at (\S+);") as url:
        ended = sealmote("sim", "create", board, "--gateway", url, "--period", 1, "--count", 2)
        assert ended.returncode == 0, ended.stderr
        added = sealmote("device", "add", gateway, "--sim", board, "--owner", OWNER, "--json")
        assert added.returncode == 0, added.stderr
        thumbprint = json.loads(added.stdout)["device"]
        with running("sim", "run", board, until=r"uplink: acknowledged (\d+) kept=0"):
            pass
        wanted = ("--device", thumbprint, "--boot", 1, "--sequence", 1)
        ended = _try_for(PATIENCE_S, sealmote, "prove", "--gateway", url, *wanted, "-o", proof)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        listed = json.loads(sealmote("device", "list", gateway, "--json").stdout)
        assert [(d["device"], d["owner"]) for d in listed] == [(thumbprint, OWNER)]
        assert sealmote("device", "revoke", gateway, thumbprint, "--yes").returncode == 0
    assert sealmote("verify", proof, "--log-key", log_key).returncode == 0
    assert OWNER in sealmote("verify", proof).stdout.replace("\n", "")


def test_a_revoked_board_is_refused(tmp_path: Path, sealmote: Sealmote) -> None:
    gateway = tmp_path / "gw"
    sealmote("gateway", "create", gateway, "--origin", "example.org/garden")
    unknown = sealmote("device", "revoke", gateway, "00" * 32, "--yes")
    assert unknown.returncode == 1
    nobody = sealmote("device", "add", gateway)
    assert nobody.returncode == 1
    assert "--sim FOLDER" in nobody.stderr


def _try_for(
    seconds: float, sealmote: Sealmote, *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run a command until it succeeds: the log needs a moment for its next checkpoint."""
    deadline = time.monotonic() + seconds
    while True:
        ended = sealmote(*arguments)
        if ended.returncode == 0 or time.monotonic() > deadline:
            return ended
        time.sleep(1)

"""What a machine without compiled packages, simulator or EVM gets: a Raspberry Pi, say."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from without import EXTRAS, run_without

PI = [extra for extra in EXTRAS if extra != "gateway"]
"""All extras but the one that every machine can have."""

ROOT = Path(__file__).resolve().parents[2]
DEMO = ("demo", "--boards", 1, "--readings", 2, "--period", 1, "--json")


def test_the_demo_says_what_it_cannot_show_and_shows_the_rest(tmp_path: Path) -> None:
    ended = run_without(PI, tmp_path, *DEMO, "--out", "left")
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout)
    assert (printed["sealed"], printed["verified"], printed["anchored"]) == (2, 2, 0)
    told = " ".join(ended.stderr.split())
    assert "not shown: anchors on a chain and what a chain proves" in told
    assert "not shown: the firmware on its board" in told
    assert "pip install 'sealmote[chain]'" in told
    proof = next((tmp_path / "left" / "proofs").iterdir())
    assert run_without(PI, tmp_path, "verify", proof).returncode == 0
    damaged = proof.read_text().replace('"message": "d2', '"message": "d3')
    proof.write_text(damaged)
    assert run_without(PI, tmp_path, "verify", proof).returncode == 1


def test_the_demo_without_a_simulator_still_anchors(tmp_path: Path) -> None:
    ended = run_without(["sim"], tmp_path, *DEMO)
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout)
    assert (printed["sealed"], printed["verified"], printed["anchored"]) == (2, 2, 2)
    assert "Linux x86-64 and macOS arm64" in " ".join(ended.stderr.split())


def test_a_gateway_and_its_devices_need_one_extra_only(tmp_path: Path) -> None:
    made = run_without(PI, tmp_path, "gateway", "create", "gw", "--origin", "example.org/pi")
    assert made.returncode == 0, made.stderr
    listed = run_without(PI, tmp_path, "device", "list", "gw")
    assert listed.returncode == 0, listed.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("sim", "create", "b"), "sim"),
        (("sim", "board", "b"), "sim"),
        (("flash", "x.hex"), "board"),
        (("chain", "serve", "c.sqlite"), "chain"),
    ],
)
def test_a_command_says_which_extra_it_lacks(
    command: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    ended = run_without(PI, tmp_path, *command)
    assert ended.returncode == 1
    told = " ".join(ended.stderr.split())
    assert f"pip install 'sealmote[{extra}]'" in told
    assert "Traceback" not in told


def test_the_help_of_a_command_that_is_missing_has_the_whole_command_to_install_it(
    tmp_path: Path,
) -> None:
    ended = run_without(PI, tmp_path, "build", "--help")
    assert "'sealmote[board]'" in " ".join(ended.stdout.split())


def test_the_help_names_every_command_all_the_same(tmp_path: Path) -> None:
    ended = run_without(PI, tmp_path, "--help")
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    rows = {line[1:].split()[0]: line for line in lines if len(line[1:].split()) > 1}
    assert {"sim", "flash"} <= rows.keys()
    for name in ("demo", "gateway", "device", "inspect", "prove", "verify", "chain", "doctor",
                 "provision", "monitor"):  # fmt: skip
        assert "Not installed" not in rows[name], rows[name]


def test_doctor_tells_what_each_missing_extra_would_bring(tmp_path: Path) -> None:
    ended = run_without([*EXTRAS], tmp_path, "doctor", "--json")
    found = {one["what"]: one for one in json.loads(ended.stdout)}
    for extra in ("gateway", "fast", "board", "chain"):
        assert f"sealmote[{extra}]" in found[f"extra {extra}"]["words"]


def test_a_silent_board_is_listened_to_without_the_tools_that_flash(tmp_path: Path) -> None:
    port, silent = pty.openpty()
    try:
        ended = run_without(
            PI, tmp_path, "doctor", "--port", os.ttyname(silent), "--seconds", 1, "--json"
        )
    finally:
        os.close(port)
        os.close(silent)
    (board,) = (one for one in json.loads(ended.stdout) if one["what"] == "board")
    assert "press RESET while this listens" in board["words"]
    assert "sealmote[board]" in board["words"]


def test_only_a_ca_of_ones_own_needs_the_package_that_reads_certificates(tmp_path: Path) -> None:
    run_without(PI, tmp_path, "gateway", "create", "gw", "--origin", "example.org/pi")
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    options = ("--port", "nowhere", "--url", "https://127.0.0.1:9", "--ca", "ca.pem")
    ended = run_without(PI, tmp_path, "provision", "gw", *options)
    assert "pip install 'sealmote[fast]'" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", [("monitor",), ("provision", "gw"), ("device", "acks")])
def test_who_has_no_extra_is_told_what_a_board_on_a_cable_needs(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    ended = run_without([*EXTRAS], tmp_path, *command)
    assert ended.returncode == 1
    told = " ".join(ended.stderr.split())
    assert "pip install 'sealmote[gateway]'" in told
    assert "Traceback" not in told


def test_a_proof_is_verified_and_a_message_read_without_any_extra(tmp_path: Path) -> None:
    proof = ROOT / "tests/sdk/proof_format_1/unanchored.json"
    ended = run_without([*EXTRAS], tmp_path, "verify", proof, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    message = json.loads(proof.read_text())["message"]
    assert run_without([*EXTRAS], tmp_path, "inspect", message).returncode == 0


def test_verifying_loads_nothing_of_gateways_boards_and_chains_in_this_process(
    tmp_path: Path,
) -> None:
    loads = (
        "import sys; sys.argv = ['sealmote', 'verify', '--help']; from sealmote.cli import main\n"
    )
    script = loads + "try: main()\nexcept SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}
    assert "ecdsa" in loaded or "cryptography" in loaded
    unwanted = {name for names in EXTRAS.values() for name in names} - set(EXTRAS["fast"])
    unwanted.add("aiohttp")
    assert not loaded & unwanted
    assert not {"sealmote.gateway", "sealmote.board.port", "sealmote.sim"} & set(
        ended.stderr.split()
    )

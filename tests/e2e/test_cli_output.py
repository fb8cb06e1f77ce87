"""What the command line prints can be copied, and what it is given is checked before anything is made."""

import asyncio
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest

from commands import SEALMOTE, Sealmote
from sealmote.chain.evm.client import connect
from sealmote.cli.common.byte_argument import SourceError
from sealmote.cli.common.device_argument import find_device
from sealmote.crypto import Signer
from sealmote.gateway import Gateway
from sealwire import message, senml

NOW = 1_790_000_000


def reading(board: Signer, boot: int, sequence: int) -> bytes:
    pack = senml.Pack(NOW, [senml.Record("t", "Cel", 2150, -2)])
    return message.seal(board, pack, boot, sequence, NOW)


def accept(gateway: Gateway, messages: list[bytes]) -> None:
    async def post() -> None:
        await gateway.start()
        async with aiohttp.ClientSession() as session:
            answer = await session.post(
                f"{gateway.url}/v1/readings",
                data=b"".join(messages),
                headers={"Content-Type": "application/cbor-seq"},
            )
            assert answer.status == 200
        await gateway.stop()

    asyncio.run(post())


def test_thumbprints_can_be_copied_from_the_list(tmp_path: Path, sealmote: Sealmote) -> None:
    key, owner = Signer.generate(-7).public, bytes(range(20))
    with Gateway.create(tmp_path / "gw", "example.org/garden") as gateway:
        gateway.add_device(key, owner, unproven=True)
    listed = sealmote("device", "list", tmp_path / "gw")
    assert listed.returncode == 0, listed.stderr
    assert key.thumbprint().hex() in listed.stdout
    assert "0x" + owner.hex() in listed.stdout
    named = listed.stdout.split()[0]
    unsure = sealmote("device", "revoke", tmp_path / "gw", named)
    assert unsure.returncode == 1
    assert "A revoked key never comes back" in unsure.stderr
    assert "say --yes" in unsure.stderr
    assert "revoked" not in sealmote("device", "list", tmp_path / "gw").stdout
    assert sealmote("device", "revoke", tmp_path / "gw", f"{named[:8]}…", "--yes").returncode == 0
    assert "revoked" in sealmote("device", "list", tmp_path / "gw").stdout


def test_a_gateway_without_devices_says_how_to_enter_one(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    Gateway.create(tmp_path / "gw", "example.org/garden").close()
    assert "sealmote device add" in sealmote("device", "list", tmp_path / "gw").stdout
    assert sealmote("device", "list", tmp_path / "gw", "--json").stdout == "[]\n"


def test_inspect_says_what_a_file_of_ours_is_that_is_no_message(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    proof, key = tmp_path / "reading.proof", tmp_path / "board.cosekey"
    proof.write_text('{"format": "sealmote-proof-1"}\n')
    key.write_bytes(Signer.generate(-7).public.cose())
    for file, next_step in ((proof, "sealmote verify"), (key, "--key")):
        ended = sealmote("inspect", file)
        assert ended.returncode == 1
        assert next_step in ended.stdout


def test_help_breaks_its_lines_where_the_terminal_ends(
    sealmote: Sealmote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    for command in (("verify",), ("sim", "run")):
        lines = [line.strip() for line in sealmote(*command, "--help").stdout.split("\n")]
        example = next(line for line in lines if line.startswith("Example:"))
        before = lines[lines.index(example) - 1]
        assert not before  # a paragraph of its own
        whole = next(line for line in lines if line.startswith(("Exit code", "Times of a fault")))
        assert whole.endswith(("--require-log-key.", "name it."))


def test_a_qr_code_that_cannot_be_written_is_refused_before_the_board_is_touched(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    Gateway.create(tmp_path / "gw", "example.org/garden").close()
    for name, cause in (("case.gif", ".svg or .png"), ("missing/case.svg", "no folder")):
        made = ("--port", "/dev/none", "--qr", tmp_path / name)
        ended = sealmote("provision", tmp_path / "gw", *made)
        assert ended.returncode == 1
        assert cause in ended.stderr
        assert "/dev/none" not in ended.stderr


def test_a_thumbprint_may_be_shortened_where_it_is_unique(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    with Gateway.create(tmp_path / "gw", "example.org/garden") as gateway:
        keys = [Signer.generate(-7).public for _ in range(40)]
        for key in keys:
            gateway.add_device(key, bytes(20), unproven=True)
        names = sorted(key.thumbprint().hex() for key in keys)
        shared = names[0][:1]
        assert find_device(gateway, names[0][:12].upper()).hex() == names[0]
        for text, words in (
            ("zz", "is no thumbprint"),
            ("", "is no thumbprint"),
            (shared, "is no thumbprint"),
            (names[0] + "0", "is no thumbprint"),
        ):
            with pytest.raises(SourceError, match=words):
                find_device(gateway, text)
        absent = next(
            f"{n:04x}" for n in range(65536) if not any(x.startswith(f"{n:04x}") for x in names)
        )
        with pytest.raises(SourceError, match=f"no device begins with {absent}"):
            find_device(gateway, absent)


def test_the_version_is_shown(sealmote: Sealmote) -> None:
    shown = sealmote("--version")
    assert (shown.returncode, shown.stdout) == (0, f"sealmote {version('sealmote')}\n")


def test_a_device_with_a_long_history_is_shown_in_short(tmp_path: Path, sealmote: Sealmote) -> None:
    board = Signer.generate(-7)
    with Gateway.create(tmp_path / "gw", "example.org/garden") as gateway:
        gateway.add_device(board.public, bytes(20), unproven=True)
        accept(gateway, [reading(board, boot, 2 * n) for boot in range(1, 12) for n in range(20)])
    name = board.public.thumbprint().hex()
    short = sealmote("device", "show", tmp_path / "gw", name)
    assert short.returncode == 0, short.stderr
    assert "6 earlier boots are left out: --all shows them" in short.stdout
    assert "15 earlier ranges (--all), 30, 32, 34, 36, 38" in short.stdout
    assert "numbers of boot 11" in short.stdout
    assert "numbers of boot 6" not in short.stdout
    whole = sealmote("device", "show", tmp_path / "gw", name, "--all")
    assert "numbers of boot 1\n" in whole.stdout
    assert len(whole.stdout) > 2 * len(short.stdout)


def test_a_terminal_without_unicode_shows_escapes(tmp_path: Path) -> None:
    ended = subprocess.run(
        [SEALMOTE, "sim", "exec", tmp_path / "é☃"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ended.stderr


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
        assert client.newest_block_number() == 0


def test_a_deployment_is_made_once(tmp_path: Path, sealmote: Sealmote) -> None:
    chain, file = f"embedded:{tmp_path / 'chain.sqlite'}", tmp_path / "deployment.json"
    deploy = ("chain", "deploy", "--rpc", chain, "--dev-account", "-o", file)
    first, second = sealmote(*deploy), sealmote(*deploy)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.splitlines()[:2] == second.stdout.splitlines()[:2]
    assert "they stand already" in second.stdout
    with connect(chain) as client:
        assert client.newest_block_number() == 2


def test_a_deployment_without_a_node_is_refused(tmp_path: Path, sealmote: Sealmote) -> None:
    ended = sealmote("verify", tmp_path / "proof", "--deployment", tmp_path / "deployment.json")
    assert ended.returncode == 1
    assert "--deployment needs --rpc" in ended.stderr


def test_a_proof_with_a_byte_order_mark_is_read_and_utf_16_named(
    tmp_path: Path, sealmote: Sealmote
) -> None:
    file = tmp_path / "reading.proof"
    file.write_text("{}", encoding="utf-8-sig")
    assert "the proof" in sealmote("verify", file).stderr
    file.write_text("{}", encoding="utf-16")
    assert "it is UTF-16 or UTF-32: save it as UTF-8" in sealmote("verify", file).stderr

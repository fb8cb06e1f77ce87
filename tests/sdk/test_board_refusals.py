"""`sealmote device acks`: a refusal by a gateway, kept by a board, fetched, checked and saved."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from commands import run_sealmote
from plugged import PluggedBoard
from sealmote.board import refusals
from sealmote.board.provision import ProvisioningError
from sealmote.crypto import Signer
from sealmote.sim import Board
from sealwire import ack
from sealwire.keys import ES256

GATEWAY = Signer.generate(ES256)
ORIGIN = "sealmote.example/test"
NOW = 1_764_000_000
CONFIG = {
    "wifi": {"ssid": "home", "password": "correct horse"},
    "gateway": {"url": "http://192.0.2.1", "origin": ORIGIN, "key": GATEWAY.public.cose().hex()},
}
Refuse = Callable[..., bytes]

# As the outbox does it when an acknowledgement of its messages comes.
KEEP = """
from binascii import unhexlify
from mote.storage.outbox import Outbox, PATH
outbox = Outbox(PATH, 65536)
for boot, number, code, answer in {refusals!r}:
    outbox.append(boot, number, bytes([number]) * 100)
    (kept,) = outbox.peek(9, 9999)
    from sealwire.outcome import leaf_hash, REFUSED
    outbox.settle([kept], {{leaf_hash(kept.message): (REFUSED, code)}}, unhexlify(answer))
"""


def refusal(code: int, number: int, signer: Signer = GATEWAY) -> str:
    outcomes = [ack.Outcome(bytes([number]) * 32, ack.REFUSED, code)]
    return ack.seal(signer, ack.Acknowledgement(ORIGIN, NOW + number, NOW + 60, outcomes)).hex()


def run(*arguments: object, code: int = 0) -> str:
    done = run_sealmote("device", "acks", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def keep(board: Board, *refusals: tuple[int, int, int, str]) -> None:
    board.exec(KEEP.format(refusals=list(refusals)))


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board.create(tmp_path / "board")
    made.install(config=CONFIG)
    return made


def test_each_refusal_is_told_checked_and_saved(board: Board, tmp_path: Path) -> None:
    one, other = refusal(5, 1), refusal(4, 2)
    keep(board, (3, 1, 5, one), (3, 2, 4, other))
    printed = run("--sim", board.folder, "-o", tmp_path / "saved", "--json")
    found = {item["hash"]: item for item in json.loads(printed)["refusals"]}
    assert {item["message"] for item in found.values()} == {one, other}
    for name, item in found.items():
        raw = bytes.fromhex(item["message"])
        assert name == sha256(raw).hexdigest()
        assert (tmp_path / "saved" / f"{name}.ack").read_bytes() == raw
        assert item["sound"]
    assert found[sha256(bytes.fromhex(one)).hexdigest()]["runs"] == [[3, 1, 1, 5]]


def test_it_is_told_in_words(board: Board, tmp_path: Path) -> None:
    keep(board, (3, 1, 5, refusal(5, 1)))
    printed = run("--sim", board.folder, "-o", tmp_path)
    words = " ".join(printed.split())
    assert "boot 3, sequence 1 to 1: refused for good (revoked) by the acknowledgement" in words
    assert f"log {ORIGIN}" in words
    assert "whole, and signed by the gateway's key" in words


def test_a_board_that_was_refused_nothing_says_so(board: Board) -> None:
    printed = run("--sim", board.folder)
    assert "keeps no refusals" in printed


def test_what_another_key_signed_is_no_proof(board: Board, tmp_path: Path) -> None:
    stranger = Signer.generate(ES256)
    keep(board, (3, 1, 5, refusal(5, 1, stranger)))
    printed = run("--sim", board.folder, "-o", tmp_path, code=1)
    assert "it is not by the gateway's key" in printed
    named = ["--key", stranger.public.cose().hex()]
    assert run("--sim", board.folder, "-o", tmp_path, *named)


def test_what_the_board_states_is_what_was_refused(board: Board, tmp_path: Path) -> None:
    keep(board, (3, 1, 4, refusal(5, 1)))
    printed = run("--sim", board.folder, "-o", tmp_path, code=1)
    assert "it refuses nothing as bad signature, which the board states" in printed


def test_damage_on_flash_is_seen(board: Board, tmp_path: Path) -> None:
    keep(board, (3, 1, 5, refusal(5, 1)))
    content = bytearray(board.read_file("/data/outbox/refusals"))
    content[-1] ^= 1
    board.write_file("/data/outbox/refusals", bytes(content))
    printed = run("--sim", board.folder, "-o", tmp_path, code=1)
    assert "they are damaged" in printed


def test_asking_changes_nothing_on_the_board(board: Board, tmp_path: Path) -> None:
    keep(board, (3, 1, 5, refusal(5, 1)))
    before = {path: board.read_file(path) for path in board.files()}
    run("--sim", board.folder, "-o", tmp_path)
    assert {path: board.read_file(path) for path in board.files()} == before


def test_a_board_at_a_port_is_asked_too(tmp_path: Path) -> None:
    plugged, sent = PluggedBoard(tmp_path, CONFIG), refusal(5, 1)
    keep(plugged.board, (3, 1, 5, sent))
    plugged.plug_in()
    try:
        printed = run("--port", plugged.port, "-o", tmp_path / "saved", "--json")
    finally:
        plugged.unplug()
    (item,) = json.loads(printed)["refusals"]
    assert item["message"] == sent


class Printing:
    def __init__(self, printed: str) -> None:
        self.printed = printed

    def exec(self, code: str) -> str:
        return self.printed


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "ImportError: no module named 'mote.attestation.refusal_report'",
        '{"origin": "x", "key": ""}\n',
        '{"origin": "x", "key": ""}\n{"end": 1}\n',
        '{"origin": "x", "key": "00"}\n{"end": 0}\n',
        '{"origin": "x", "key": ""}\n{"refusal": "zz", "runs": [], "message": ""}\n{"end": 1}\n',
        '{"origin": "x", "key": ""}\n{"refusal": "00", "runs": [[1]], "message": ""}\n{"end": 1}\n',
        '{"origin": "x", "key": ""}\n{"refusal": "00", "runs": [], "message": "00\n{"end": 1}\n',
        '{"origin": "x", "key": ""}\n[1]\n{"end": []}\n',
    ],
)
def test_an_answer_that_is_not_whole_is_refused(printed: str) -> None:
    with pytest.raises(ProvisioningError, match="flash it again"):
        refusals.ask(Printing(printed))


def test_a_board_without_anything_is_sound(board: Board) -> None:
    told: Any = refusals.ask(board)
    assert told.key.thumbprint() == GATEWAY.public.thumbprint()
    assert told.refusals == ()

"""The native signer is loaded before everything else of a boot, once, and for the board's own key."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network
from sealwire import message, statement

Make = Callable[..., Board]

# What the application is made of; the signer comes before it.
LATER = {
    "mote.app",
    "mote.configuration.config",
    "mote.device",
    "mote.network.wifi",
    "sealwire.keys",
    "sealwire.sealer",
}
LOOK = b"""
import sys
print("loading", __name__, sorted(sys.modules))
"""


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    """Make a board that tells when a field machine is loaded, and what is there by then."""

    def make(**sections: Any) -> Board:
        board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
        board.install(config=board_config | sections)
        for name in ("field_p256", "field_k256"):
            path = f"/sealwire/fast/{name}.py"
            board.write_file(path, board.read_file(path) + LOOK)
        return board

    return make


def loads(board: Board) -> list[tuple[str, set[str]]]:
    """Each field machine that the board has loaded, and the modules that were there by then."""
    told = re.findall(
        r"^loading \S*(field_\w+) (\[.*\])$", "\n".join(board.serial.history), re.MULTILINE
    )
    return [(name, set(re.findall(r"'([\w.]+)'", modules))) for name, modules in told]


def accounts(gateway: Any) -> list[statement.Account]:
    """The account of each statement that a gateway has taken."""
    contents = [message.parse(item).content for item in gateway.messages]
    return [one.account for one in contents if isinstance(one, statement.Statement)]


def test_the_signer_is_there_before_the_application(
    make_board: Make, live: Any, stub_gateway: Any
) -> None:
    board = make_board()
    live(board, 30)
    ((name, before),) = loads(board)
    assert name == "field_p256"
    assert not before & LATER
    assert any("app: done 3" in line for line in board.serial.history)
    (account,) = accounts(stub_gateway)
    assert account.signer == statement.SIGNERS.index("native")
    assert account.memory is not None
    free, largest = account.memory
    assert 0 < largest <= free < 161_000
    assert account.counters is not None
    assert account.counters[0] > largest, "what the heap could grow by is free as well"


def test_each_wake_from_deep_sleep_loads_it_first_as_well(make_board: Make, live: Any) -> None:
    board = make_board(power={"sleep": True}, sample={"period_s": 60})
    live(board, 200)
    wakes = loads(board)
    assert len(wakes) >= 3
    assert not any(before & LATER for _, before in wakes)


def test_it_is_that_of_the_key_whatever_the_configuration_says(make_board: Make, live: Any) -> None:
    board = make_board(alg="ES256")
    board.exec("from mote.setup import provision; provision.identity('ES256K')")
    live(board, 30)
    assert [name for name, _ in loads(board)] == ["field_k256"]
    assert any("the board's key is ES256K and stays so" in line for line in board.serial.history)
    assert not any("in plain Python" in line for line in board.serial.history)


def test_a_new_board_loads_what_its_configuration_asks_for(make_board: Make, live: Any) -> None:
    board = make_board(alg="ES256K")
    live(board, 30)
    ((name, before),) = loads(board)
    assert name == "field_k256"
    assert not before & LATER


@pytest.mark.parametrize("text", [b"", b"[]", b'{"alg": ["ES256K"]}', b"\xff", b"{" * 3000])
def test_a_configuration_with_faults_does_not_keep_a_board_from_saying_so(
    make_board: Make, live: Any, text: bytes
) -> None:
    board = make_board()
    board.write_file("/data/config.json", text)
    live(board, 5)
    assert [name for name, _ in loads(board)] == ["field_p256"]
    assert any("E " in line and "config.json" in line for line in board.serial.history)


def test_provisioning_over_usb_loads_it_first(make_board: Make) -> None:
    board = make_board()
    said = board.exec("from mote.setup import provision; provision.identity('ES256K')")
    (modules,) = re.findall(r"^loading \S*field_k256 (.*)$", said, re.MULTILINE)
    assert not set(re.findall(r"'([\w.]+)'", modules)) & LATER


def test_safe_mode_goes_without(make_board: Make, live: Any) -> None:
    board = make_board()
    path = "/mote/app.py"
    crash = b"def run():\n    raise RuntimeError('mend me')\n"
    board.write_file(path, crash)
    live(board, 5 * 30 + 60)
    assert any("safe: safe mode" in line for line in board.serial.history)
    assert len(loads(board)) == 5, "the bad boots; the one that rests loads nothing"


def test_a_load_that_fails_is_told_and_not_tried_again(
    make_board: Make, live: Any, stub_gateway: Any
) -> None:
    board = make_board(sample={"period_s": 30, "count": 2, "sensors": ["bme280"]})
    path = "/sealwire/fast/comb_p256.py"
    board.write_file(path, b"print('trying')\nraise MemoryError\n")
    live(board, 120)
    lines = "\n".join(board.serial.history)
    assert lines.count("trying") == 1
    (cause,) = re.findall(r"W .* signing: in plain Python: (.*)", lines)
    assert re.fullmatch(r".*load it before anything else; \d+ bytes are lost .*", cause)
    assert "app: done 2" in lines
    assert len(stub_gateway.messages) == 3
    (account,) = accounts(stub_gateway)
    assert account.signer == statement.SIGNERS.index("python")

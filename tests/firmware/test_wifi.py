"""Wi-Fi that comes back, on simulated boards whose radio remembers its last reason as the port does."""

import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, Conditions, Fault, Network

FIRMWARE = Path(__file__).parents[2] / "firmware"
HOME = Network("home", "correct horse")
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    def make(url: str = "", **sections: Any) -> Board:
        board = Board.create(tmp_path / "board", mac=b"\x02\x5e\xa1\0\0\1", wifi=[HOME])
        sections["sample"] = {"period_s": 60, "sensors": ["chip"]}
        if url:
            sections["gateway"] = board_config["gateway"] | {"url": url}
        board.install(config=board_config | sections)
        return board

    return make


def moments(board: Board, pattern: str) -> list[float]:
    """When the board logged what a pattern finds, in seconds since its boot."""
    lines = [re.match(r"[DIWE] +([\d.]+) " + pattern, line) for line in board.serial.history]
    return [float(line[1]) for line in lines if line]


@pytest.mark.parametrize(
    ("away", "seed"), [((60, 300), 1), ((60, 300), 2), ((0, 300), 3), ((60, 3600), 4)]
)
def test_it_is_back_soon_after_the_access_point(
    make_board: Make, live: Any, away: tuple[int, int], seed: int
) -> None:
    at, lasts = away
    board = make_board()
    live(board, at + lasts + 100, Fault("wifi-lost", at=at, lasts=lasts), seed=seed)
    back = moments(board, "wifi: connected home")[-1]
    assert at + lasts - 5 < back < at + lasts + 90


def test_a_radio_that_does_not_come_up_is_restarted(make_board: Make, live: Any) -> None:
    board = make_board()
    live(board, 900, Fault("wifi-lost", at=0))
    assert len(moments(board, "wifi: the radio is restarted")) >= 2
    assert len(moments(board, "wifi: home: no such network in reach")) >= 10


def test_a_driver_that_fails_for_no_known_reason_costs_no_reading(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    board.exec("from mote.setup import provision; provision.identity()")
    live(board, 900, Fault("wifi-error", at=0, lasts=400))
    assert moments(board, "wifi: home: the radio cannot be switched on: Wifi Unknown Error 0x")
    assert 400 < moments(board, "wifi: connected home")[0] < 500
    assert {(1, number) for number in range(14)} <= set(stub_gateway.numbers())
    assert not any("Traceback" in line for line in board.serial.history)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_driver_that_fails_now_and_then_stops_nothing(
    make_board: Make, stub_gateway: Any, live: Any, seed: int
) -> None:
    board = make_board(power={"sleep": False})
    board.exec("from mote.setup import provision; provision.identity()")
    live(
        board, 1800, Fault("wifi-error", share=0.4), Fault("wifi-lost", at=90, lasts=30, every=300),
        seed=seed,
    )  # fmt: skip
    assert {boot for boot, _ in stub_gateway.numbers()} == {1}
    assert len(stub_gateway.numbers()) >= 25
    assert not any("Traceback" in line for line in board.serial.history)


def test_no_key_is_made_without_the_radio(make_board: Make, stub_gateway: Any, live: Any) -> None:
    board = make_board()
    live(board, 300, Fault("wifi-error", at=0, lasts=20))
    starts = [line for line in board.serial.history if "app: sealmote" in line]
    assert len(starts) == 1, "the first start made none, and the second found the radio"
    assert "WifiError: the radio cannot be switched on" in "\n".join(board.serial.history)
    assert stub_gateway.messages


@pytest.mark.parametrize(("cure", "within_s"), [("join", 720), ("radio", 2400)])
def test_a_network_that_passes_nothing_is_left_and_joined_anew(
    make_board: Make, stub_gateway: Any, live: Any, cure: str, within_s: int
) -> None:
    board = make_board()
    live(board, 600 + within_s + 600, Fault("wifi-mute", at=600, cure=cure))
    joined = moments(board, "wifi: connected home")
    cured = moments(board, "clock: set|uplink: acknowledged")
    assert joined[1] > 840, "some minutes of failures are none of the access point's"
    assert [at for at in cured if 600 < at < 600 + within_s]
    assert len(moments(board, "wifi: the radio is restarted")) == (cure == "radio")
    assert max(stub_gateway.numbers()) > (1, (600 + within_s) // 60)


def test_while_nobody_answers_it_is_left_ever_more_rarely(make_board: Make, live: Any) -> None:
    board = make_board()
    live(board, 2 * 3600, Fault("wifi-mute", at=60))
    assert 3 <= len(moments(board, "wifi: home passes nothing")) <= 6


def test_a_gateway_that_is_away_is_not_the_network_s_fault(
    make_board: Make, time_server: Any
) -> None:
    """Nothing listens, and later nothing answers; the time server does."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=128)
    board_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    board = make_board(url=board_url)
    time_server.clock = lambda: board.shared_state.now_us * 1000
    faults = (Fault("gateway-down", at=0, lasts=3600), Fault("switch-off", at=2 * 3600))
    with silent, board:
        # A patience of real time, for answers that never come.
        board.start(Conditions(virtual=True, seed=1, faults=faults, patience_s=0.3))
        board.wait_off(PATIENCE_S)
    assert len(moments(board, "wifi: connected")) == 1
    assert len(moments(board, "uplink: answering took longer than 30 s")) >= 5
    assert len(time_server.requests) < 30


SOFT = """
from mote.network import wifi_driver
import asyncio, machine, network
station = wifi_driver.radio_on()
station.connect("home", "wrong horse")
machine.soft_reset()
"""
AGAIN = """
from mote.network import wifi_driver
import asyncio
station = wifi_driver.radio_on()
print(station.config("reconnects"))
print(repr(asyncio.run(wifi_driver.join("home", "wrong horse"))))
print(repr(asyncio.run(wifi_driver.join("home", "wrong horse"))))
print(repr(asyncio.run(wifi_driver.join("home", "correct horse"))))
print(repr(asyncio.run(wifi_driver.join("elsewhere", "", anew=True))))
print(repr(asyncio.run(wifi_driver.join("home", "correct horse", anew=True))))
"""


def test_what_was_before_a_soft_reset_keeps_nobody_out(tmp_path: Path) -> None:
    """An attempt is on its way, so the driver refuses both the setting, which takes effect, and a join."""
    board = Board.create(tmp_path / "board", wifi=[HOME], join_ms=2000)
    board.install()
    source = tmp_path / "source"
    shutil.copytree(FIRMWARE, source)
    (source / "main.py").write_text(
        f"import machine\nsecond = machine.reset_cause() == machine.SOFT_RESET\n"
        f"exec({AGAIN!r} if second else {SOFT!r})\n"
    )
    board.install(source)
    with board:
        board.start(Conditions(virtual=True))
        assert board.wait_idle(timeout=PATIENCE_S)
    wrong = "'the password is wrong'"
    assert board.serial.history[-6:] == [
        "0", wrong, wrong, "''", "'no such network in reach'", "''"
    ]  # fmt: skip
    assert not any("reconnecting stays on" in line for line in board.serial.history)

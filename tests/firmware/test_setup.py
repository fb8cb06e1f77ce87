"""A board without a whole configuration, spoken to over its serial line: Improv, `status`, Ctrl-C."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.sim import Network
from wired import WiredBoard

HOME = Network("home", "correct horse")
LONG = Network("l" * 32, "p" * 63, rssi=-90)  # more than littlefs keeps in a folder's own blocks
NETWORKS = [HOME, Network("café", "", rssi=-80), Network("home", "correct horse", rssi=-70), LONG]
EMOJI = Network("🎈", "pass 🎈 word")
PSK = HOME.for_board()["psk"].encode()
Make = Callable[..., WiredBoard]

# A file that finds no room is dropped whole, so the last ones are small.
FILL = """
n = 0
for size in (262144, 32768, 4096, 1024, 512, 256):
    try:
        while True:
            n += 1
            with open("/data/fill%d" % n, "wb") as file:
                file.write(bytes(size))
    except OSError:
        pass
"""


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Make]:
    """Make a board in set-up, switched on; its configuration lacks a section or is not there."""
    made: list[WiredBoard] = []

    def make(config: dict[str, Any] | None = None, *more: Network) -> WiredBoard:
        one = WiredBoard(
            tmp_path / "board", mac=bytes.fromhex("240ac4c0ffee"), wifi=[*NETWORKS, *more]
        )
        made.append(one)
        one.board.install(config=config)
        one.start()
        one.board.serial.wait_for("setup: waiting for", timeout=PATIENCE_S)
        return one

    yield make
    for one in made:
        one.board.kill()


def command(number: int, arguments: bytes = b"") -> bytes:
    return frame(3, bytes([number, len(arguments)]) + arguments)


def frame(kind: int, data: bytes) -> bytes:
    body = b"IMPROV\x01" + bytes([kind, len(data)]) + data
    return body + bytes([sum(body) % 256]) + b"\n"


def wifi(ssid: bytes, password: bytes) -> bytes:
    return command(1, bytes([len(ssid)]) + ssid + bytes([len(password)]) + password)


def strings(*texts: bytes) -> bytes:
    return b"".join(bytes([len(text)]) + text for text in texts)


def result(number: int, *texts: bytes) -> bytes:
    body = strings(*texts)
    return frame(4, bytes([number, len(body)]) + body)


NO_ERROR, READY, PROVISIONING, PROVISIONED = (
    frame(2, b"\0"),
    *(frame(1, bytes([state])) for state in (2, 3, 4)),
)


def test_wifi_by_improv_then_it_waits_for_a_gateway(make_board: Make) -> None:
    one = make_board()
    one.say(command(2))
    one.wait_raw(NO_ERROR + READY)
    one.say(command(3))
    one.wait_raw(strings(b"Sealmote", b"0.1.0"))  # then what the interpreter runs on
    one.wait_raw(strings(b"sealmote-c0ffee"))
    one.say(command(4))
    listed = result(4, b"home", b"-55", b"YES") + result(4, "café".encode(), b"-80", b"NO")
    listed += result(4, b"l" * 32, b"-90", b"YES")
    one.wait_raw(NO_ERROR + listed + result(4))
    one.say(wifi(b"home", b"correct horse"))
    one.wait_raw(NO_ERROR + PROVISIONING)
    one.wait_raw(PROVISIONED + result(1))
    one.board.serial.wait_for("setup: no gateway yet: run `sealmote provision`", timeout=PATIENCE_S)
    one.say(command(2))
    one.wait_raw(NO_ERROR + PROVISIONED + result(2))
    one.board.kill()
    kept = json.loads(one.board.read_file("/data/config.json"))
    assert kept == {"wifi": {"ssid": "home", "password": "correct horse"}}
    assert not any("correct horse" in line for line in one.board.serial.history)
    assert not any(name.endswith(".new") for name in one.board.files())


def test_with_a_gateway_it_goes_to_work(
    make_board: Make, board_config: dict[str, Any], stub_gateway: Any
) -> None:
    del board_config["wifi"]
    one = make_board(board_config)
    one.say(wifi(b"home", b"correct horse"))
    one.wait_raw(PROVISIONED + result(1))
    one.board.serial.wait_for(r"app: done 3", timeout=PATIENCE_S)
    assert stub_gateway.messages


def test_a_wrong_password_is_not_kept(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"wrong horse"))
    one.wait_raw(frame(2, b"\x03") + READY)
    one.board.serial.wait_for("setup: home: the password is wrong", timeout=PATIENCE_S)
    one.say(wifi(b"nobody's", b""))
    one.wait_raw(frame(2, b"\x03") + READY)
    one.board.serial.wait_for("setup: nobody's: no such network in reach", timeout=PATIENCE_S)
    one.board.kill()
    assert "/data/config.json" not in one.board.files()
    assert not any("wrong horse" in line for line in one.board.serial.history)


def test_after_a_typo_the_right_password_joins(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"wrong horse"))
    one.wait_raw(frame(2, b"\x03") + READY)
    one.say(wifi(b"home", b"correct horse"))
    one.wait_raw(PROVISIONED + result(1))


@pytest.mark.parametrize("key", [PSK, PSK.upper()])
def test_a_network_s_raw_key_joins_and_is_kept(make_board: Make, key: bytes) -> None:
    one = make_board()
    one.say(wifi(b"home", key))
    one.wait_raw(PROVISIONED + result(1))
    one.board.kill()
    kept = json.loads(one.board.read_file("/data/config.json"))
    assert kept == {"wifi": {"ssid": "home", "password": key.decode()}}


def test_a_name_beyond_the_first_plane_joins(make_board: Make) -> None:
    one = make_board(None, EMOJI)
    one.say(wifi("🎈".encode(), "pass 🎈 word".encode()))
    one.wait_raw(PROVISIONED + result(1))
    one.say(command(4))
    one.wait_raw(result(4, "🎈".encode(), b"-55", b"YES"))
    one.board.kill()
    kept = json.loads(one.board.read_file("/data/config.json"))
    assert kept == {"wifi": {"ssid": "🎈", "password": "pass 🎈 word"}}


def test_what_is_not_whole_is_refused(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"correct horse")[:-2] + b"\x00\n")
    one.wait_raw(frame(2, b"\x01"))
    one.say(command(0xFE))
    one.wait_raw(NO_ERROR + frame(2, b"\x02"))
    one.say(command(2, b"more"))
    one.wait_raw(NO_ERROR + frame(2, b"\x01"))
    one.say(wifi(b"home", b"short"))
    one.wait_raw(NO_ERROR + frame(2, b"\x01"))
    one.say(b"\xff\x00IMPROV\x02garbage" + command(2))
    one.wait_raw(NO_ERROR + READY)


def test_only_one_thing_at_a_time(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"correct horse") + command(4) + command(2))
    one.wait_raw(NO_ERROR + PROVISIONING + NO_ERROR + frame(2, b"\xff"))
    one.wait_raw(NO_ERROR + PROVISIONING)
    one.wait_raw(PROVISIONED + result(1))


def test_ctrl_c_outside_a_frame_interrupts(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"correct\x03horse"))  # inside one, it is data
    one.wait_raw(frame(2, b"\x03") + READY)
    one.say(b"\r\x03")
    one.board.serial.wait_for("KeyboardInterrupt", timeout=PATIENCE_S)
    assert not one.board.wait_idle(PATIENCE_S)


def test_a_frame_that_stalls_does_not_swallow_ctrl_c(make_board: Make) -> None:
    one = make_board()
    one.say(wifi(b"home", b"correct horse")[:20])
    one.board.serial.wait_for("setup: waiting", timeout=PATIENCE_S)
    with pytest.raises(AssertionError):
        one.wait_raw(b"anything", timeout=3)
    one.say(b"\x03")
    one.board.serial.wait_for("KeyboardInterrupt", timeout=PATIENCE_S)


def test_status_says_what_is_missing(make_board: Make) -> None:
    one = make_board({"wifi": {"ssid": "home", "password": "correct horse"}})
    one.say(b"nonsense that is rather long\nstatus\r\n")
    line = one.board.serial.wait_for(r"^\{.*\}$", timeout=PATIENCE_S)[0]
    assert json.loads(line)["setup"] == ["gateway"]
    assert "correct horse" not in line


def test_a_full_filesystem_is_said_and_costs_nothing(make_board: Make) -> None:
    one = make_board()
    one.board.kill()
    one.board.exec(FILL, timeout=PATIENCE_S)
    one.start()
    one.wait_raw(b"setup: waiting for")
    one.wait_raw(b"setup: waiting for")
    one.say(wifi(b"l" * 32, b"p" * 63))
    one.wait_raw(frame(2, b"\xff") + READY)
    one.board.serial.wait_for(
        "E .* setup: .*config.json cannot be written .*full", timeout=PATIENCE_S
    )
    one.say(command(2))
    one.wait_raw(READY)

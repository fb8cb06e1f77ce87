"""`sealmote provision` on boards behind ptys, with a gateway that serves."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import SEALMOTE
from patience import PATIENCE_S
from plugged import PluggedBoard
from sealmote.board import label
from sealmote.board.port.ports import Port
from sealmote.board.provision import ProvisioningError
from sealmote.gateway import Gateway
from sealmote.provisioning import flow, target
from sealmote.provisioning.errors import RegistryError, TargetError
from sealmote.provisioning.provisioning_input import ProvisioningInput
from sealmote.sim import Network
from sealmote.sim.line.output import SerialLine
from sealwire.keys import PublicKey

PASSWORD = "correct horse 7c1f"
HOME = Network("home", PASSWORD)
FAMILY = Network("👩‍🔬 café", "pass 🎈 word")
Make = Callable[..., PluggedBoard]


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Make]:
    made: list[PluggedBoard] = []

    def make(config: Any = None, **hardware: Any) -> PluggedBoard:
        made.append(PluggedBoard(tmp_path, config, wifi=[HOME, FAMILY], **hardware))
        return made[-1].plug_in()

    yield make
    for one in made:
        one.unplug()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return written(tmp_path / "settings.json", {"wifi": {"ssid": "home", "password": PASSWORD}})


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    path.chmod(0o600)
    return path


def command(live: Any, board: PluggedBoard, *more: object) -> list[str]:
    url = f"http://127.0.0.1:{live.port}"
    wanted = ["provision", live.directory, "--url", url, "--port", board.port, *more]
    return [str(SEALMOTE), *map(str, wanted)]


def run(
    live: Any, board: PluggedBoard, *more: object, **env: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(live, board, *more), capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env={**os.environ, **env}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def config_of(board: PluggedBoard) -> Any:
    board.unplug()
    return json.loads(board.board.read_file("/data/config.json"))


def test_a_board_gets_wifi_gateway_key_and_its_place(
    make_board: Make, live: Any, settings: Path, tmp_path: Path
) -> None:
    board = make_board()
    done = run(live, board, "--file", settings, "--json", "--qr", tmp_path / "case.svg")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    board.board.serial.wait_for("wifi: connected home", timeout=PATIENCE_S)
    (device,) = live.gateway.list_devices()
    assert device.thumbprint.hex() == told["device"]
    assert device.registration.hex() == told["registration"]
    assert told["mac"] == board.board.mac.hex()
    assert label.parse(told["label"]).cose() == device.key
    assert b"<svg" in (tmp_path / "case.svg").read_bytes()
    kept = config_of(board)
    assert kept["wifi"] == {"ssid": "home", "password": PASSWORD}
    assert kept["gateway"] == {
        "url": f"http://127.0.0.1:{live.port}",
        "origin": live.gateway.origin,
        "key": live.gateway.ack_key.cose().hex(),
    }
    assert "boot=1 " in "\n".join(board.board.serial.history)  # no number was taken on the way


@pytest.mark.parametrize("password", [FAMILY.password, FAMILY.for_board()["psk"]], ids=len)
def test_any_character_and_a_raw_key_reach_the_radio(
    make_board: Make, live: Any, tmp_path: Path, password: str
) -> None:
    board = make_board()
    wifi = {"ssid": FAMILY.ssid, "password": password}
    done = run(live, board, "--file", written(tmp_path / "w.json", {"wifi": wifi}))
    assert done.returncode == 0, done.stderr
    board.board.serial.wait_for(f"wifi: connected {FAMILY.ssid}", timeout=PATIENCE_S)
    assert config_of(board)["wifi"] == wifi


def test_half_a_surrogate_pair_is_refused_in_words(
    make_board: Make, live: Any, tmp_path: Path
) -> None:
    wifi = {"ssid": "\ud83c", "password": PASSWORD}
    done = run(live, make_board(), "--file", written(tmp_path / "w.json", {"wifi": wifi}))
    assert done.returncode == 1
    assert "half of a surrogate pair" in " ".join(done.stderr.split())
    assert PASSWORD not in done.stderr


def test_the_password_is_in_no_log_and_no_process_list(
    make_board: Make, live: Any, tmp_path: Path
) -> None:
    board = make_board()
    seen: list[bytes] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(line.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        secrets = {"SEALMOTE_WIFI_SSID": "home", "SEALMOTE_WIFI_PASSWORD": PASSWORD}
        done = run(live, board, **secrets)
    finally:
        over.set()
        watcher.join()
    assert done.returncode == 0, done.stderr
    board.board.serial.wait_for("wifi: connected home", timeout=PATIENCE_S)
    assert any(b"provision" in line for line in seen)
    assert config_of(board)["wifi"]["password"] == PASSWORD
    serial = "\n".join(board.board.serial.history)
    for where in (done.stdout, done.stderr, serial, *(line.decode() for line in seen)):
        assert PASSWORD not in where


def test_again_changes_the_configuration_and_registers_once(
    make_board: Make, live: Any, settings: Path, tmp_path: Path
) -> None:
    board = make_board()
    assert run(live, board, "--file", settings).returncode == 0
    board.board.serial.wait_for("wifi: connected home", timeout=PATIENCE_S)
    more = written(tmp_path / "more.json", {"sample": {"period_s": 7}, "log": "debug"})
    done = run(live, board, "--file", more)  # the Wi-Fi stays
    assert done.returncode == 0, done.stderr
    assert len(live.gateway.list_devices()) == 1
    kept = config_of(board)
    assert (kept["sample"], kept["log"]) == ({"period_s": 7}, "debug")
    assert kept["wifi"] == {"ssid": "home", "password": PASSWORD}


FORMER = {
    "wifi": {"ssid": "home", "password": PASSWORD},
    "sample": {"period_s": 300, "sensors": ["chip"]},
    "i2c": {"sda": 4, "scl": 5},
    "power": {"sleep": False, "send_every": 3},
}


def test_without_a_file_nothing_is_forgotten(make_board: Make, live: Any) -> None:
    board = make_board(FORMER)
    done = run(live, board, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["changes"]
    assert [line.partition(":")[0] for line in told] == [
        "alg", "gateway.key", "gateway.origin", "gateway.url",
    ]  # fmt: skip
    kept = config_of(board)
    assert {name: kept[name] for name in FORMER} == FORMER


def test_what_a_file_says_is_merged_and_shown_without_the_password(
    make_board: Make, live: Any, tmp_path: Path
) -> None:
    board = make_board(FORMER)
    wish = {"sample": {"period_s": 7}, "power": None, "board": "m5stack-atom-lite"}
    done = run(live, board, "--file", written(tmp_path / "more.json", wish))
    assert done.returncode == 0, done.stderr
    for line in (
        "sample.period_s: 300 → 7",
        "i2c.sda: 4 → not set",
        "power.sleep: false → not set",
    ):
        assert line in done.stderr
    assert "sample.sensors" not in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    kept = config_of(board)
    assert kept["sample"] == {"period_s": 7, "sensors": ["chip"]}
    assert kept["wifi"] == FORMER["wifi"]
    assert not {"i2c", "power"} & set(kept)


def test_a_wifi_by_improv_is_kept(make_board: Make, live: Any) -> None:
    board = make_board({"wifi": {"ssid": "home", "password": PASSWORD}})
    done = run(live, board)
    assert done.returncode == 0, done.stderr
    assert config_of(board)["wifi"]["ssid"] == "home"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            {"sample": {"period_s": 0}, "colour": 1},
            ["sample.period_s has to be", "colour is unknown"],
        ),
        ({"board": "no-such-board"}, ["board has to be one of"]),
        ({"wifi": {"ssid": "home", "password": "wrong horse"}}, ["the password is wrong"]),
        ({"wifi": {"ssid": "hone", "password": PASSWORD}}, ["no such network in reach"]),
    ],
    ids=["faults", "board", "password", "ssid"],
)
def test_what_cannot_work_is_said_and_changes_nothing(
    make_board: Make, live: Any, tmp_path: Path, wish: dict[str, Any], said: list[str]
) -> None:
    board = make_board()
    whole = {"wifi": {"ssid": "home", "password": PASSWORD}, **wish}
    with pytest.raises(ProvisioningError) as refusal:
        in_process(live, board, written(tmp_path / "w.json", whole))
    for words in said:
        assert words in str(refusal.value)
    assert "horse" not in str(refusal.value)
    assert_untouched(board, live)


def in_process(live: Any, board: PluggedBoard, wish: Path, at: str | None = None) -> None:
    """Do what the command does, without another interpreter's start."""
    board.wait_until_it_speaks()
    url = f"http://127.0.0.1:{live.port}"
    there = target.choose(at) if at else target.choose(str(live.directory), url)
    order = flow.ProvisioningRequest(there, ProvisioningInput.gather(wish, {}))
    flow.carry_out(Port(board.port), order, nobody, lambda _: None)


def nobody(question: str, hidden: bool) -> str:
    raise AssertionError(question)


def assert_untouched(board: PluggedBoard, live: Any) -> None:
    """Nothing is registered or written, and the board waits for somebody as before."""
    assert not live.gateway.list_devices()
    board.unplug()
    assert "/data/config.json" not in board.board.files()
    board.plug_in()
    board.board.serial.wait_for("setup: waiting for wifi and gateway", timeout=PATIENCE_S)


def test_a_full_filesystem_keeps_the_old_configuration(
    make_board: Make, live: Any, settings: Path, tmp_path: Path
) -> None:
    board = make_board()
    in_process(live, board, settings)
    board.board.serial.wait_for("wifi: connected home", timeout=PATIENCE_S)
    before = config_of(board)
    live.stop()  # or what it acknowledges makes room
    board.fill()
    board.plug_in()
    with pytest.raises(ProvisioningError, match=r"cannot be written .* full"):
        in_process(live, board, written(tmp_path / "more.json", {"log": "debug"}))
    assert config_of(board) == before
    board.board.serial = SerialLine()
    board.plug_in()
    board.board.serial.wait_for("wifi: connected home", timeout=PATIENCE_S)


def test_unplugged_in_the_middle_the_board_starts_as_before(
    make_board: Make, live: Any, settings: Path
) -> None:
    board = make_board(join_ms=5000)
    with subprocess.Popen(
        command(live, board, "--file", settings), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "trying the Wi-Fi" in line:
                break
        board.unplug()
        rest = process.stderr.read()
        assert process.wait(30) == 1
    assert "went away in the middle: plug the board in" in rest
    assert_untouched(board, live)


def test_a_gateway_elsewhere_has_to_know_the_key_first(
    make_board: Make, live: Any, settings: Path
) -> None:
    board = make_board()
    there = f"http://127.0.0.1:{live.port}"
    with pytest.raises(RegistryError, match="within the hour") as refusal:
        in_process(live, board, settings, there)
    found = re.search(r"device add FOLDER --key (\w+) --registration (\w+)\n", str(refusal.value))
    assert found
    key, registration = map(bytes.fromhex, found.groups())
    live.gateway.add_device(PublicKey.parse(key), None, registration)
    in_process(live, board, settings, there)
    assert config_of(board)["gateway"]["url"] == there


def test_another_gateway_at_that_address_is_noticed(live: Any, tmp_path: Path) -> None:
    Gateway.create(tmp_path / "other", "example.org/other").close()
    with pytest.raises(TargetError, match="name with --url the address"):
        target.choose(str(tmp_path / "other"), f"http://127.0.0.1:{live.port}")


def test_a_board_without_the_firmware_is_to_be_flashed_first(
    make_board: Make, live: Any, settings: Path
) -> None:
    board = make_board()
    board.unplug()
    for path in ("/main.py", "/boot.py", "/mote"):
        board.board.remove_file(path)
    board.plug_in()
    with pytest.raises(ProvisioningError, match="Flash it first"):
        in_process(live, board, settings)


def test_mpremote_gets_in_while_the_board_speaks_improv(make_board: Make) -> None:
    board = make_board()
    board.board.serial.wait_for("setup: waiting for", timeout=PATIENCE_S)
    code = "from mote.setup import provision; provision.identity()"
    done = subprocess.run(
        [str(SEALMOTE.with_name("mpremote")), "connect", board.port, "resume", "exec", code],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["mac"] == board.board.mac.hex()

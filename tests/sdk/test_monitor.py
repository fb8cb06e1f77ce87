"""`sealmote monitor`: lines taken apart, messages decoded, and a board that goes away and comes back."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import SEALMOTE
from patience import PATIENCE_S
from plugged import PluggedBoard, time_served
from sealmote.board.errors import PortError
from sealmote.board.port import lines
from sealmote.board.port.monitor import Event, Monitor
from sealmote.board.port.ports import Port
from sealmote.cli.monitor import print_event
from sealmote.crypto import Signer
from sealmote.inspection import inspect
from sealmote.sim import Network
from sealwire import message, senml
from sealwire.keys import ES256

KEY = bytes(Signer.generate(ES256).public.cose()).hex()
HOME = Network("home", "correct horse")


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Callable[..., PluggedBoard]]:
    made: list[PluggedBoard] = []

    def make(config: Any = None) -> PluggedBoard:
        made.append(PluggedBoard(tmp_path, config, wifi=[HOME]))
        return made[-1].plug_in()

    yield make
    for one in made:
        one.unplug()


def test_an_event_has_time_level_and_module() -> None:
    line = lines.parse("W   12.345 wifi: home lost: no answer")
    assert (line.level, line.seconds, line.module) == ("W", "12.345", "wifi")
    assert line.text == "home lost: no answer"
    assert line.status is None


def test_an_answer_to_status_is_known() -> None:
    line = lines.parse('{"version": "0.1.0", "kept": 2}')
    assert line.status == {"version": "0.1.0", "kept": 2}
    assert lines.parse('{"ssid": "home"}').status is None
    assert lines.parse('{"version": ').status is None


def test_messages_in_a_line_are_found() -> None:
    sealed = _sealed()
    line = lines.parse(f"D    1.000 app: message {sealed.hex()}")
    assert line.messages == (sealed,)
    assert inspect(line.messages[0]).kind == "a sealed reading"
    assert lines.parse("D    1.000 app: message d284" + "0" * 300).messages


def test_a_debugging_boards_messages_are_decoded(make_board: Any) -> None:
    gateway = {"url": "http://127.0.0.1:9", "origin": "example.org/g", "key": KEY}
    wifi = {"ssid": "home", "password": "correct horse"}
    kinds = []
    with time_served() as port:
        ntp = {"host": "127.0.0.1", "port": port}
        board = make_board({"wifi": wifi, "gateway": gateway, "ntp": ntp, "log": "debug"})
        watch = Monitor(Port(board.port))
        for event in watch.events():
            kinds += [inspect(found).kind for found in lines.parse(event.text).messages]
            if len(set(kinds)) == 2:
                watch.stop()
    assert set(kinds) == {"a board's statement", "a sealed reading"}


def _sealed() -> bytes:
    records = [senml.Record("t", "Cel", 2143, -2)]
    when = 1_763_000_000
    return message.seal(Signer.generate(ES256), senml.Pack(when, records), 3, 7, when)


@given(st.text(max_size=300))
def test_nothing_that_a_port_says_is_too_much(text: str) -> None:
    assert lines.parse(text).raw == text
    print_event(Event("line", text))
    print_event(Event("line", "I    1.000 app: " + text.replace("\n", " ")))


def test_a_board_is_followed_through_a_pulled_cable(make_board: Any) -> None:
    board = make_board()
    command = [str(SEALMOTE), "monitor", "--port", board.port, "--json", "--status", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            events = map(json.loads, process.stdout)
            until(events, lambda event: event["event"] == "there")
            status = until(events, lambda event: "status" in event)["status"]
            assert status["setup"] == ["wifi", "gateway"]
            board.unplug()
            until(events, lambda event: event["event"] == "gone")
            board.plug_in()
            until(events, lambda event: event["event"] == "there")
            until(events, lambda event: "status" in event)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def until(events: Iterator[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> Any:
    for event in events:
        if wanted(event):
            return event
    raise AssertionError("the monitor ended")


def test_a_board_is_found_under_another_name(make_board: Any, tmp_path: Path) -> None:
    board = make_board()
    native = Port("/dev/ttyACM0", 0x303A, "24:0A:C4:00:00:01")
    watch = Monitor(native, find=lambda port: Port(str(board.link.resolve())))
    seen: list[str] = []

    def follow() -> None:
        seen.extend(event.text for event in watch.events() if event.kind == "there")

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(0.5)
    first = str(board.link.resolve())
    board.unplug()
    keeper = PluggedBoard(tmp_path / "other")  # takes the old name
    keeper.plug_in()
    board.plug_in()
    time.sleep(1)
    watch.stop()
    thread.join(10)
    keeper.unplug()
    assert seen[0] == first
    assert seen[-1] == str(board.link.resolve()) != first


def test_a_port_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="is not there: plug the board in"):
        list(Monitor(Port(str(tmp_path / "ttyUSB9"))).events())


def test_a_port_that_comes_back_after_a_reset_is_waited_for(make_board: Any) -> None:
    board = make_board()
    board.unplug()
    plugging = threading.Timer(0.7, board.plug_in)
    plugging.start()
    watch = Monitor(Port(board.port), patience_s=10)
    (event, *_) = _stopping(watch)
    plugging.join()
    assert event == Event("there", board.port)


def _stopping(watch: Monitor) -> Iterator[Event]:
    for event in watch.events():
        watch.stop()
        yield event

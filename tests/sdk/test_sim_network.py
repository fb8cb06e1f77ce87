"""Wi-Fi as the ESP32 port shows it: states, codes, and no network while it is down."""

from pathlib import Path

import pytest

from sealmote.sim import Board, Conditions, Host, Network

NETWORKS = [Network("home", "very secret", channel=11, rssi=-61), Network("open")]

JOIN = """
import network, time
station = network.WLAN(network.WLAN.IF_STA)
station.active(True)
station.config(reconnects={reconnects})
station.connect({ssid!r}, {key!r})
print(station.status(), station.isconnected(), station.ifconfig()[0])
for _ in range(300):
    if station.status() != network.STAT_CONNECTING:
        break
    time.sleep_ms(5)
print(station.status(), station.isconnected(), station.ifconfig()[0])
"""


def run(board: Board, code: str) -> str:
    """What it printed, on virtual time: how long joining takes is the board's own."""
    return board.exec(code, conditions=Conditions(virtual=True))


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board", wifi=NETWORKS, join_ms=300)


@pytest.mark.parametrize(
    ("ssid", "key", "reconnects", "end"),
    [
        ("home", "very secret", 0, "1010 True 192.168.4.2"),
        ("open", None, 0, "1010 True 192.168.4.2"),
        ("home", "very wrong", 0, "202 False 0.0.0.0"),
        ("home", None, 2, "202 False 0.0.0.0"),
        ("elsewhere", "very secret", 0, "201 False 0.0.0.0"),
        ("elsewhere", "very secret", -1, "1001 False 0.0.0.0"),
    ],
)
def test_joining(board: Board, ssid: str, key: str | None, reconnects: int, end: str) -> None:
    found = run(board, JOIN.format(ssid=ssid, key=key, reconnects=reconnects)).splitlines()
    assert found == ["1001 False 0.0.0.0", end]


def test_without_the_radio_or_twice_at_once_connecting_fails(board: Board) -> None:
    found = run(
        board,
        """
import network
station = network.WLAN(network.STA_IF)
print(station.active(), station.status())
for _ in range(2):
    try:
        station.connect("home", "very secret")
        print("begun")
        station.connect("home", "very secret")
    except OSError as error:
        print(error)
    station.active(True)
station.disconnect()
print(station.status())
""",
    ).splitlines()
    assert found == [
        "False 1000", "Wifi Not Started", "begun", "Wifi Internal State Error", "1000"
    ]  # fmt: skip


def test_scan_config_and_signal(board: Board) -> None:
    found = run(
        board,
        JOIN.format(ssid="home", key="very secret", reconnects=3)
        + """
print([(name, channel, rssi, security) for name, _, channel, rssi, security, _ in station.scan()])
print(station.status("rssi"), station.config("ssid"), station.config("channel"))
print(station.config("reconnects"), station.config("mac").hex())
for wrong in (lambda: station.config("wrong"), lambda: station.config(wrong=1)):
    try:
        wrong()
    except ValueError as error:
        print(error)
""",
    ).splitlines()[2:]
    assert found == [
        "[(b'home', 11, -61, 3), (b'open', 6, -55, 0)]",
        "-61 home 11",
        f"3 {board.mac.hex()}",
        "unknown config param",
        "unknown config param",
    ]


def test_names_resolve_only_while_connected(board: Board) -> None:
    look_up = """
import socket
try:
    print(socket.getaddrinfo("localhost", 80)[0][2] is not None)
except OSError as error:
    print(error.args[0])
"""
    joined = JOIN.format(ssid="open", key=None, reconnects=0) + look_up
    assert run(board, look_up).strip() == "-202"
    assert run(board, joined).splitlines()[-1] == "True"
    assert run(board, joined + "station.disconnect()" + look_up).splitlines()[-1] == "-202"


def test_a_name_with_ipv6_addresses_alone_has_none_that_a_board_can_use(board: Board) -> None:
    """As the ESP32 port has it: an entry without an address, and TypeError where one connects to it."""
    code = """
import socket
for name, family in (("six.test", 0), ("six.test", socket.AF_INET), ("both.test", 0), ("none.invalid", 0)):
    try:
        found = socket.getaddrinfo(name, 80, family)[0]
        print(found[0] == socket.AF_INET6, found[-1] is None)
    except OSError as error:
        print(error.errno)
try:
    socket.socket(socket.AF_INET6).connect(None)
except TypeError:
    print("TypeError")
"""
    joined = JOIN.format(ssid="open", key=None, reconnects=0) + code
    hosts = (Host("six.test", 80, 80, "::1"), Host("both.test", 80, 80))
    found = board.exec(joined, conditions=Conditions(virtual=True, hosts=hosts)).splitlines()[2:]
    assert found == ["True True", "-202", "False False", "-202", "TypeError"]

"""Wi-Fi as the ESP32 port shows it: states, codes, and no network while it is down."""

import hashlib
import socket
from pathlib import Path

import pytest

from sealmote.sim import Board, Conditions, Fault, Host, Network, SnippetError

EMOJI = "café 🎈"
KEY = "b1d6b8e0f9a3c2d45e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5"
NETWORKS = [
    Network("home", "very secret", channel=11, rssi=-61),
    Network("open"),
    Network(EMOJI, "pass 🎈 word"),
    Network("raw", KEY),
]
PSK = hashlib.pbkdf2_hmac("sha1", b"very secret", b"home", 4096, 32).hex()
# IEEE 802.11-2020, J.4.2, the first of its test vectors.
PUBLISHED = ("IEEE", "password", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e")

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
        (EMOJI, "pass 🎈 word", 0, "1010 True 192.168.4.2"),
        ("caf\u0301 🎈", "pass 🎈 word", 0, "201 False 0.0.0.0"),
        ("home", PSK, 0, "1010 True 192.168.4.2"),
        ("home", PSK.upper(), 0, "1010 True 192.168.4.2"),
        ("home", KEY, 0, "202 False 0.0.0.0"),
        ("raw", KEY, 0, "1010 True 192.168.4.2"),
        ("elsewhere", "very secret", 0, "201 False 0.0.0.0"),
        ("elsewhere", "very secret", -1, "201 False 0.0.0.0"),
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
        str([(b"home", 11, -61, 3), (b"open", 6, -55, 0)])[:-1]
        + f", ({EMOJI.encode()!r}, 6, -55, 3), (b'raw', 6, -55, 3)]",
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


def test_a_passphrase_gives_the_key_that_the_standard_gives() -> None:
    ssid, password, key = PUBLISHED
    assert Network(ssid, password).for_board()["psk"] == key


REASONS = """
import network, time
station = network.WLAN(network.WLAN.IF_STA)
station.active(True)
try:
    station.config(reconnects=0)
except OSError as error:
    print(error, station.config("reconnects"))
def attempt(key):
    station.connect("home", key)
    seen = [station.status()]
    time.sleep_ms(200)
    seen.append(station.status())
    time.sleep_ms(200)
    seen.append(station.status())
    print(seen)
"""


def test_the_last_reason_shows_until_an_address_comes(board: Board) -> None:
    """As network_wlan.c has it: neither connect nor disconnect nor active takes it away."""
    code = """
attempt("very wrong")
attempt("very wrong")
station.disconnect()
station.active(False)
station.active(True)
print(station.status())
attempt("very secret")
station.disconnect()
print(station.status())
attempt("very wrong")
"""
    assert run(board, REASONS + code).splitlines() == [
        "[1001, 1001, 202]", "[202, 202, 202]", "202", "[202, 202, 1010]", "1000",
        "[1000, 1000, 202]",
    ]  # fmt: skip


FIRST_LIFE = """
attempt("very wrong")
station.connect("home", "very secret")
machine.soft_reset()
"""
SECOND_LIFE = """
print(station.status())
try:
    station.connect("home", "very secret")
except OSError as error:
    print(error)
time.sleep(1)
print(station.status())
"""


def test_reason_and_attempt_outlive_a_soft_reset(board: Board) -> None:
    source = board.folder / "source"
    source.mkdir()
    (source / "main.py").write_text(
        f"{REASONS}import machine\nsecond = machine.reset_cause() == machine.SOFT_RESET\n"
        f"exec({SECOND_LIFE!r} if second else {FIRST_LIFE!r})\n"
    )
    board.install(source)
    with board:
        board.start(Conditions(virtual=True))
        assert board.wait_idle(timeout=120)
    assert board.serial.history[-5:] == [
        "[1001, 1001, 202]", "Wifi Internal State Error 0", "202", "Wifi Internal State Error", "1010",
    ]  # fmt: skip


MUTE = """
import select, socket
def ask():
    link = socket.socket()
    link.setblocking(False)
    try:
        link.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])
    except OSError as error:
        pass
    poll = select.poll()
    poll.register(link, select.POLLOUT)
    print(station.isconnected(), bool(poll.poll(1000)))
def anew():
    station.disconnect()
    station.connect("open")
    time.sleep(1)
time.sleep(10)
ask()
anew()
ask()
station.active(False)
station.active(True)
anew()
ask()
time.sleep(100)
ask()
"""


@pytest.mark.parametrize(
    ("cure", "heard"), [("join", [0, 1, 1, 1]), ("radio", [0, 0, 1, 1]), ("end", [0, 0, 0, 1])]
)
def test_a_network_that_passes_nothing(board: Board, cure: str, heard: list[int]) -> None:
    join = JOIN.format(ssid="open", key=None, reconnects=0)
    fault = Fault("wifi-mute", at=5, lasts=100, cure=cure)
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = join + MUTE.replace("PORT", str(server.getsockname()[1]))
        conditions = Conditions(virtual=True, seed=1, faults=(fault,))
        found = board.exec(code, conditions=conditions).splitlines()[2:]
    assert found == [f"True {bool(one)}" for one in heard]


def test_the_driver_fails_for_no_known_reason(board: Board) -> None:
    code = JOIN.format(ssid="open", key=None, reconnects=0)
    fault = Fault("wifi-error", at=0)
    with pytest.raises(SnippetError, match="RuntimeError: Wifi Unknown Error 0x"):
        board.exec(code, conditions=Conditions(virtual=True, seed=1, faults=(fault,)))

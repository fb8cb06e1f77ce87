"""The whole application on a simulated board: boot.py and main.py from its flash, unchanged."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealmote import crypto
from sealmote.sim import Board, Fault, Network, Sensor
from sealwire import message, registration, senml, statement
from sealwire.keys import PublicKey

HOME = Network("home", "correct horse")
MAC = b"\x02\x5e\xa1\0\0\1"
BME280 = (Sensor(),)
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    """Make a board with the firmware and a configuration; sections given replace its own."""

    def make(configured: bool = True, sensors: Any = BME280, **sections: Any) -> Board:
        board = Board.create(tmp_path / "board", mac=MAC, wifi=[HOME], sensors=sensors)
        board.install(config=board_config | sections if configured else None)
        return board

    return make


def said(board: Board, pattern: str) -> list[re.Match[str]]:
    """The lines of a board that a pattern is found in."""
    return [found for line in board.serial.history if (found := re.search(pattern, line))]


def test_three_readings_from_the_sensor_to_the_gateway(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    key = PublicKey.parse(bytes.fromhex(json.loads(board.exec(IDENTITY))["key"]))
    live(board, 30)
    assert said(board, "app: done 3")
    (sealed,) = said(board, r"app: sealed 3/3 (.*) kept=")
    parsed: list[Any] = [message.parse(item) for item in stub_gateway.messages]
    for one in parsed:
        assert crypto.verify(key, one.sign1.sig_structure(), one.sign1.signature)
        assert one.header.kid == key.kid()
        assert one.header.iat is not None
    assert sorted((one.header.boot, one.header.sequence) for one in parsed) == [
        (1, number) for number in range(4)
    ]
    by_number = sorted(parsed, key=lambda one: one.header.sequence)
    assert isinstance(by_number[0].content, statement.Statement)
    assert by_number[0].content.mac == board.mac
    assert by_number[0].content.bootcount == 1
    for reading in by_number[1:]:
        assert [record.name for record in reading.content.records] == ["t", "h", "p"]
        assert len(reading.raw) <= 160
    assert re.fullmatch(r"t=-?\d+\.\d\dCel h=\d+\.\d\d%RH p=\d+Pa", sealed[1])


IDENTITY = "from mote.setup import provision; provision.identity()"


def test_provisioning_over_the_repl(make_board: Make) -> None:
    board = make_board(configured=False)
    said = json.loads(board.exec(IDENTITY))
    key = PublicKey.parse(bytes.fromhex(said["key"]))
    assert said["alg"] == "ES256"
    assert bytes.fromhex(said["thumbprint"]) == key.thumbprint()
    assert bytes.fromhex(said["mac"]) == board.mac
    code = "from mote.setup import provision; provision.register(%d, '%s', '%s', %d, %d)"
    contract, owner = "11" * 20, "22" * 20
    printed = json.loads(board.exec(code % (31337, contract, owner, 7, 1_900_000_000)))
    terms = registration.open_terms(bytes.fromhex(printed["registration"]), key)
    assert (terms.chain_id, terms.contract.hex(), terms.owner.hex()) == (31337, contract, owner)
    assert (terms.nonce, terms.deadline) == (7, 1_900_000_000)
    assert json.loads(board.exec(IDENTITY)) == said


def test_an_es256k_key_on_request(make_board: Make) -> None:
    board = make_board(configured=False)
    said = json.loads(board.exec(IDENTITY.replace("()", "('ES256K')")))
    assert said["alg"] == "ES256K"
    assert json.loads(board.exec(IDENTITY)) == said


def test_without_a_configuration_it_says_so_and_stops(make_board: Make) -> None:
    board = make_board(configured=False)
    with board:
        board.start()
        assert board.wait_idle(timeout=120)
    assert said(board, r"^E .* app: no \S*/config\.json")


def test_every_fault_of_the_configuration_is_on_the_serial_line(make_board: Make) -> None:
    board = make_board(sample={"period_s": 0}, colour="red")
    with board:
        board.start()
        assert board.wait_idle(timeout=120)
    line = said(board, r"^E .* app: (\S*/config\.json.*)")[0][1]
    assert "sample.period_s has to be an integer within 1..86400" in line
    assert "colour is unknown" in line


def test_readings_without_time_carry_uptime_and_are_dated_by_a_statement(
    make_board: Make, stub_gateway: Any, board_config: dict[str, Any], live: Any
) -> None:
    board = make_board(
        sample={"period_s": 1, "count": 2, "sensors": ["bme280"]},
        ntp={**board_config["ntp"], "host": "localhost"},
    )
    live(board, 600, Fault("dns-dead", lasts=100))
    said_what = [
        position
        for what in ("app: no time yet", "app: done 2", "clock: set")
        for position, line in enumerate(board.serial.history)
        if what in line
    ]
    assert len(said_what) == 3
    assert said_what == sorted(said_what)
    parsed: list[Any] = [message.parse(item) for item in stub_gateway.messages]
    first, *readings, dating = sorted(parsed, key=lambda one: one.header.sequence)
    assert first.header.iat is None
    assert first.content.account.clock_source == 0
    for reading in readings:
        assert isinstance(reading.content, senml.Pack)
        assert reading.header.iat is None
        assert reading.content.base_time is None
        assert reading.content.records[-1].name == "uptime"
    assert dating.header.iat is not None
    assert dating.content.uptime >= readings[-1].content.records[-1].mantissa
    assert dating.content.account.clock_source == 1


def statements_of(gateway: Any) -> list[Any]:
    """The statements that the gateway has, by number."""
    parsed = [message.parse(item) for item in gateway.messages]
    found = [one for one in parsed if isinstance(one.content, statement.Statement)]
    return sorted(found, key=lambda one: (one.header.boot, one.header.sequence))


def acknowledged(board: Board) -> int:
    """How many messages the board has let go of."""
    found = re.findall(r"uplink: acknowledged (\d+) kept", "\n".join(board.serial.history))
    return sum(int(count) for count in found)


def test_each_statement_accounts_for_what_was_before_it(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    for boot in (1, 2, 3):
        live(board, 30)
        assert acknowledged(board) == 4 * boot
    first, second, third = [one.content.account for one in statements_of(stub_gateway)]
    assert (first.previous_last, first.acknowledged_to, first.last_ack) == (None, None, None)
    assert (second.previous_last, second.acknowledged_to) == ((1, 3), (1, 3))
    assert (third.previous_last, third.acknowledged_to) == ((2, 3), (2, 3))
    assert second.last_ack in stub_gateway.hashes
    assert third.last_ack in stub_gateway.hashes
    assert second.last_ack != third.last_ack
    assert [one.dropped for one in (first, second, third)] == [[], [], []]


def test_it_states_anew_each_day(make_board: Make, stub_gateway: Any, live: Any) -> None:
    board = make_board(
        sample={"period_s": 1800, "count": 0, "sensors": ["bme280"]}, upload={"period_s": 1800}
    )
    schedule = board.read_file("/mote/schedule.py").decode()
    assert "STATE_AGAIN_S = const(86_400)" in schedule
    board.write_file("/mote/schedule.py", schedule.replace("const(86_400)", "const(3600)").encode())
    live(board, 3 * 3600)
    uptimes = [one.content.uptime for one in statements_of(stub_gateway)]
    assert [uptime / 3600 for uptime in uptimes] == pytest.approx([0, 1, 2], abs=0.5)
    account = statements_of(stub_gateway)[-1].content.account
    assert account.acknowledged_to is not None
    assert account.acknowledged_to[0] == 1


def test_a_sensor_that_fails_does_not_stop_the_others(make_board: Make, live: Any) -> None:
    board = make_board(
        sensors=(), sample={"period_s": 1, "count": 1, "sensors": ["bme280", "sht99", "chip"]}
    )
    live(board, 30)
    assert said(board, "sensors: bme280: no BME280 or BMP280")
    assert said(board, "sensors: sht99: no driver: put sht99.py into /lib")
    assert said(board, r"app: sealed 1/1 chip=[\d.]+Cel kept=")


def test_a_bare_board_whose_chip_lacks_the_pins_still_gives_a_reading(
    make_board: Make, live: Any
) -> None:
    sample = {"period_s": 1, "count": 1, "sensors": ["bme280", "chip"]}
    board = make_board(sample=sample, i2c={"sda": 50, "scl": 51})
    live(board, 30)
    assert said(board, "sensors: bme280: I2C on sda=50 scl=51: .*; set i2c")
    assert said(board, r"app: sealed 1/1 chip=[\d.]+Cel kept=")


COMMUNITY_DRIVER = """
from mote.errors import SensorError
from sealwire.senml import Record

class Driver:
    name = "mine"

    @staticmethod
    def probe(bus):
        return Driver()

    def read(self):
        return [Record("t", "Cel", 1, 0), Record("ok", None, 1, 0)]
"""


def test_a_driver_of_ones_own_and_two_values_of_one_name(make_board: Make, live: Any) -> None:
    names = ["bme280", "mine", "broken", "odd"]
    board = make_board(sample={"period_s": 1, "count": 1, "sensors": names})
    board.write_file("/lib/mine.py", COMMUNITY_DRIVER.encode())
    broken = COMMUNITY_DRIVER.replace('return [Record("t"', 'return self.nothing + [Record("t"')
    board.write_file("/lib/broken.py", broken.encode())
    board.write_file("/lib/odd.py", COMMUNITY_DRIVER.replace('"ok"', '"ö"').encode())
    live(board, 30)
    line = said(board, r"app: sealed 1/1 (.*) kept=")[0][1]
    assert said(board, r"^W .* sensors: broken: ")
    assert said(board, r"^W .* sensors: odd: ")
    assert re.fullmatch(r"t=.*Cel h=.* p=.*Pa mine\.t=1Cel ok=1", line)


def test_the_whole_example_driver_of_the_documentation_runs(make_board: Make) -> None:
    text = Path(__file__).parents[2].joinpath("firmware/mote/sensors/__init__.py").read_text()
    example = text.partition('["tmp117"]`:\n')[2].partition('"""')[0]
    code = "\n".join(line[4:] for line in example.splitlines())
    board = make_board()
    board.write_file("/lib/tmp117.py", code.encode())
    said = board.exec("""
class Bus:
    def readfrom_mem(self, address, register, size):
        return {0x0F: b"\\x01\\x17", 0x00: b"\\xfc\\xe0"}[register]
from mote import sensors
print(sensors.probe("tmp117", Bus).read())
""")
    assert said.strip() == "[t=-6.25Cel]"


def test_a_wrong_password_is_named_and_tried_again(make_board: Make, live: Any) -> None:
    board = make_board(wifi={"ssid": "home", "password": "wrong horse"})
    live(board, 300)
    assert len(said(board, "wifi: home: the password is wrong")) > 1
    pauses = [int(found[1]) for found in said(board, r"wifi: next attempt in (\d+) ms")]
    assert len(pauses) > 1
    assert max(pauses) > 2 * pauses[0], "further and further apart"
    assert not any("wrong horse" in line for line in board.serial.history)


def test_a_network_out_of_reach_is_named(make_board: Make, live: Any) -> None:
    board = make_board(wifi={"ssid": "elsewhere", "password": ""})
    live(board, 60)
    assert said(board, "wifi: elsewhere: no such network in reach")


def test_a_bmp280_gives_no_humidity(make_board: Make, live: Any) -> None:
    board = make_board(sensors=(Sensor("bmp280", 0x77),))
    live(board, 30)
    line = said(board, r"app: sealed 1/3 (.*) kept=")[0][1]
    assert re.fullmatch(r"t=.*Cel p=\d+Pa", line)


def test_a_crash_restarts_the_board_after_a_pause(make_board: Make, live: Any) -> None:
    board = make_board()
    board.write_file("/mote/app.py", b"def run():\n    raise RuntimeError('nobody named me')\n")
    live(board, 29)
    assert len(said(board, "RuntimeError: nobody named me")) == 1
    assert said(board, "main: restarting in 30 s")
    live(board, 59)
    assert len(said(board, "RuntimeError: nobody named me")) == 1 + 2


def test_damaged_identity_records_stop_the_board_and_make_no_new_key(make_board: Make) -> None:
    board = make_board()
    before = json.loads(board.exec(IDENTITY))
    flash = bytearray(board.flash_path.read_bytes())
    starts = [at for at in range(0, len(flash), 4096) if flash[at : at + 4] == b"SMid"]
    assert len(starts) == 2
    for start in starts:
        flash[start + 20] ^= 1
    board.flash_path.write_bytes(flash)
    with board:
        board.start()
        assert board.wait_idle(timeout=120)
    assert said(board, "app: both identity records are damaged")
    flash[starts[1] + 20] ^= 1
    board.flash_path.write_bytes(flash)
    assert json.loads(board.exec(IDENTITY)) == before


def test_the_secret_is_in_no_file_and_no_log(make_board: Make, live: Any) -> None:
    board = make_board()
    code = """
from binascii import hexlify
from mote.attestation import identity
from mote.storage import slots
print(hexlify(identity._decode(slots.Slots(slots.find_partition()).payload)[1]).decode())
"""
    board.exec(IDENTITY)
    secret = bytes.fromhex(board.exec(code).strip())
    live(board, 30)
    assert said(board, "app: done 3")
    assert not any(secret.hex() in line for line in board.serial.history)
    assert not any(secret in board.read_file(path) for path in board.files())


def test_it_runs_in_little_heap(make_board: Make, stub_gateway: Any, live: Any) -> None:
    """The plain source, compiled on the board; the Unix port's objects are twice the ESP32's."""
    board = make_board()
    live(board, 30, heap_bytes=200 * 1024)
    assert said(board, "app: done 3")
    assert len(stub_gateway.messages) == 4

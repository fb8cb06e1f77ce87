"""Sensor models: what each declares, how a board finds it, and that a driver in /lib reads it."""

from pathlib import Path

import pytest

from commands import run_sealmote, running
from distributions import install
from guides import example
from sealmote.cli import sim_sensors
from sealmote.plugins import PluginError
from sealmote.sim import (
    Board,
    Conditions,
    Fault,
    FaultError,
    HardwareError,
    Sensor,
    Weather,
    sensors,
)
from sealmote.sim.device._sim.sensors import sht4x

AIR = Weather.constant(21.5, 45.0, 99000)


def test_the_checksum_is_the_datasheets() -> None:
    assert sht4x.checksum(b"\xbe\xef") == 0x92


def test_what_a_chip_declares_is_what_the_host_knows_of_it() -> None:
    found = sensors.find("sht4x")
    assert found.addresses == (0x44, 0x45, 0x46)
    assert (found.driver, found.description) == (
        "sht4x", "SHT40, SHT41, SHT45: temperature, humidity.",
    )  # fmt: skip
    assert sensors.find("bmp280").driver == "bme280"
    assert set(sensors.names()) >= {"bme280", "bmp280", "bme680", "bmp180", "bmp388", "sht4x"}
    usual = Sensor.usual("esp32c3", "sht4x")
    assert (usual.bus_address, usual.sda, usual.scl) == (0x44, 8, 9)


def test_a_sensor_is_written_with_its_address_pins_and_options() -> None:
    found = Sensor.parse("sht4x:address=0x45,sda=4,serial=7", "esp32c3")
    assert found == Sensor("sht4x", 0x45, 4, 9, {"serial": 7})
    assert Sensor.parse("bme280") == Sensor()


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("bmx", "no sensor is called 'bmx': there are bme280, bmp280, "),
        ("bme280:serial=1", "it takes address=, sda=, scl=$"),
        ("sht4x:serial=one", "'one' is no number for serial"),
        ("sht4x:address=0x76", "a sht4x answers at 0x44 or 0x45 or 0x46, not at 0x76"),
    ],
)
def test_what_no_chip_can_be_is_refused_in_words(tmp_path: Path, spec: str, why: str) -> None:
    with pytest.raises(HardwareError, match=why):
        Board.create(tmp_path / "board", sensors=[Sensor.parse(spec)])
    with pytest.raises(HardwareError, match="has no option 'serial'"):
        Board.create(tmp_path / "board", sensors=[Sensor("bme280", options={"serial": 1})])


def test_a_fault_that_no_chip_of_the_board_has_is_refused(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", sensors=[Sensor("bmp388")])
    stuck = Conditions(virtual=True, seed=1, faults=(Fault("sensor-stuck"),))
    with pytest.raises(FaultError, match=r"no sensor of this board can have it \(it has bmp388\)"):
        board.exec("", conditions=stuck)


READ = """
import machine
from mote import sensors
for one in sensors.probe(NAME, lambda: machine.I2C(0, sda=21, scl=22)).read():
    print(one.name, one.unit, one.mantissa, one.exponent)
"""


def test_the_guides_driver_in_lib_reads_the_chip(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", sensors=[Sensor("sht4x")], weather=AIR)
    board.install()
    folder = tmp_path / "drivers"
    folder.mkdir()
    (folder / "sht4x.py").write_text(example("sensors.md", "import time"))
    sim_sensors.install_drivers(board, folder)
    temperature, humidity = board.exec(READ.replace("NAME", "'sht4x'")).splitlines()
    assert temperature in ("t Cel 2149 -2", "t Cel 2150 -2")
    assert humidity in ("h %RH 4499 -2", "h %RH 4500 -2")


def test_the_firmware_is_told_which_drivers_read_what_is_wired() -> None:
    wired = sim_sensors.parse(["bmp280", "sht4x", "bme280:address=0x77"])
    assert sim_sensors.drivers(wired) == ["bme280", "sht4x", "chip"]
    assert sim_sensors.drivers(sim_sensors.parse(["none"])) == ["chip"]
    assert sim_sensors.parse(None, "esp32c3") == [Sensor.usual("esp32c3")]


def ask(board: Board, code: str, *faults: Fault) -> list[str]:
    code = (
        "import machine, time\ni2c = machine.I2C(0, sda=21, scl=22)\ntime.sleep_ms(2)\n"
        "def send(*data): i2c.writeto(0x44, bytes(data))\n"
        "def get(count=6):\n"
        "    try: return i2c.readfrom(0x44, count).hex()\n"
        "    except OSError as error: return error.errno\n"
    ) + code
    return board.exec(code, conditions=Conditions(virtual=True, seed=1, faults=faults)).split()


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board", sensors=[Sensor("sht4x")], weather=AIR)


def test_an_answer_is_there_after_the_longest_time_and_once(board: Board) -> None:
    code = """
for command, us in ((0xFD, 8300), (0xF6, 4500), (0xE0, 1600)):
    send(command)
    time.sleep_us(us - 100)
    early = get()
    time.sleep_us(200)
    print(early, get(3), get())
send(0x94)
print(get())
time.sleep_ms(1)
for command in (0x00, 0x39):
    try:
        send(command)
    except OSError as error:
        print(error.errno)
print(get(), i2c.scan())
"""
    word = sht4x._ticks(21.5, -45, 175).to_bytes(2, "big")
    first = (word + bytes([sht4x.checksum(word)])).hex()
    assert ask(board, code) == ["19", first, "19"] * 3 + ["19"] * 4 + ["[68]"]


def test_a_loss_of_power_ends_a_measurement_and_a_stuck_chip_repeats_its_last(board: Board) -> None:
    code = "send(0xFD)\ntime.sleep_ms(9)\nprint(get())\n"
    until_up = "time.sleep_ms(100_000 - time.ticks_ms())\n"  # a second before it loses its power
    lost = "send(0xFD)\ntime.sleep_ms(1_009)\nprint(get())\n"
    assert ask(board, until_up + lost, Fault("sensor-reset", at=101)) == ["19"]
    moving = Weather(((10.0, 20.0, 1e5), (30.0, 80.0, 1e5)), speed=1.0)
    other = Board.create(board.folder / "other", sensors=[Sensor("sht4x")], weather=moving)
    hourly = code + "time.sleep(1800)\n" + code
    first, later = ask(other, hourly)
    assert first != later
    first, later = ask(other, hourly, Fault("sensor-stuck", at=1))
    assert first == later


def test_an_option_reaches_the_chip(tmp_path: Path) -> None:
    sensor = Sensor("sht4x", options={"serial": 0xBEEF1234})
    board = Board.create(tmp_path / "board", sensors=[sensor], weather=AIR)
    assert Board.open(board.folder).hardware == board.hardware
    assert ask(board, "send(0x89)\nprint(get())\n")[0].startswith("beef92")


def test_a_plugin_brings_a_chip_and_its_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is model and, under the same name, the other the driver: neither hides the other."""
    model = example("virtual-board.md", "class Tmp117")
    driver = """
class Driver:
    name = "tmp117"
    def read(self):
        return "driver"
"""
    plugin = """
from pathlib import Path
from sealmote.plugins import SensorPlugin
folder = Path(__file__).parent
plugin = SensorPlugin(driver=folder / "driver" / "tmp117.py", model=folder / "tmp117.py")
"""
    files = {"acme/__init__.py": plugin, "acme/tmp117.py": model, "acme/driver/tmp117.py": driver}
    entries = {"tmp117": "acme:plugin", "tmp118": "acme:plugin", "bad": "acme:nothing"}
    install(tmp_path / "site", "acme", files, {"sealmote.sensors": entries})
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    assert "tmp117" in sensors.names()
    found = sensors.find("tmp117")
    assert (found.driver, found.addresses[0], found.options) == ("tmp117", 0x48, {"revision": 0})
    with pytest.raises(HardwareError, match=r"acme 1\.0 has no model of 'tmp118'"):
        sensors.find("tmp118")
    with pytest.raises(PluginError, match="'bad'"):
        sensors.find("bad")

    board = Board.create(tmp_path / "board", sensors=[Sensor("tmp117")], weather=AIR)
    sim_sensors.install_drivers(board, None)
    code = (
        "import machine, tmp117\ni2c = machine.I2C(0, sda=21, scl=22)\n"
        "print(i2c.readfrom_mem(0x48, 0, 2).hex(), tmp117.Driver().read())"
    )
    assert board.exec(code).split() == [f"{round(21.5 * 128):04x}", "driver"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("x = 1", "no attribute 'MODELS'"),
        ("import nothing_of_the_kind", "ModuleNotFoundError"),
        ("class A:\n ADDRESSES = (8,)\nMODELS = (A,)", "no attribute 'NAME'"),
        ("class A:\n NAME = 'a'\n ADDRESSES = ()\nMODELS = (A,)", "a has no address"),
        ("class A:\n NAME = 'a'\n ADDRESSES = (0x80,)\nMODELS = (A,)", "between 0x08 and 0x77, not 128"),
        (
            "class A:\n NAME = 'a'\n ADDRESSES = (8,)\n FAULTS = ('fire',)\nMODELS = (A,)",
            "its faults .* not 'fire'",
        ),
        (
            "class A:\n NAME = 'a'\n ADDRESSES = (8,)\n OPTIONS = {'x': 1.5}\nMODELS = (A,)",
            r"whole numbers, not 1\.5",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_model_is_named(tmp_path: Path, source: str, why: str) -> None:
    file = tmp_path / "model.py"
    file.write_text(source)
    with pytest.raises(HardwareError, match=f"{file} is no sensor model: .*{why}"):
        sensors.read(file)


def test_a_board_behind_a_port_has_what_the_option_names_and_keeps_it(tmp_path: Path) -> None:
    plug_in = ("sim", "board", tmp_path / "b", "--chip", "esp32c3", "--sensor")
    with running(*plug_in, "sht4x:serial=7", "--json", until=r'"chip": "(esp32c3)"'):
        pass
    (sensor,) = Board.open(tmp_path / "b").hardware.sensors
    assert (sensor.kind, sensor.sda, sensor.scl, sensor.options) == ("sht4x", 8, 9, {"serial": 7})
    ended = run_sealmote(*plug_in, "bme280")
    assert ended.returncode == 1
    assert "has other sensors: leave --sensor out" in " ".join(ended.stderr.split())

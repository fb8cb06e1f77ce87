"""Faults, from their notation to what the board sees of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patience import PATIENCE_S
from sealmote.sim import Board, Conditions, Fault, FaultError, HardwareError, Network, Sensor
from sealmote.sim.device._sim.storage import torn_write
from sealmote.sim.environment.faults import KINDS, explain


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board", wifi=[Network("home")], sensors=[Sensor()])


def under(*specs: str, seed: int = 1) -> Conditions:
    return Conditions(virtual=True, seed=seed, faults=tuple(Fault.parse(spec) for spec in specs))


def run(board: Board, code: str, *specs: str) -> list[str]:
    return board.exec(code, timeout=PATIENCE_S, conditions=under(*specs)).splitlines()


def test_a_fault_is_read_from_its_notation() -> None:
    assert Fault.parse("wifi-lost:at=60,for=30.5,every=3600") == Fault(
        "wifi-lost", at=60, lasts=30.5, every=3600
    )
    assert Fault.parse("power-cut:op=12,off=5") == Fault("power-cut", op=12, off=5)
    assert Fault.parse("clock-jump:at=1,by=-3600").by == -3600
    assert all(kind in explain() for kind in KINDS)


@pytest.mark.parametrize(
    "spec",
    [
        "", "flood", "wifi-lost:ms=3", "wifi-lost:at", "wifi-lost:at=soon", "power-cut:op=0",
        "power-cut:op=1.5", "wifi-lost:at=-1", "ack-lost:share=2", "bit-flip:region=nvs",
        "watchdog:every=0",
    ],
)  # fmt: skip
def test_what_is_no_fault_is_refused(spec: str) -> None:
    with pytest.raises(FaultError):
        Fault.parse(spec)


def test_faults_need_a_seed() -> None:
    with pytest.raises(HardwareError):
        Conditions(faults=(Fault("watchdog", at=1),))


@given(st.binary(min_size=1, max_size=300), st.binary(min_size=32, max_size=32), st.booleans())
def test_a_torn_operation_leaves_each_bit_as_before_or_after(
    data: bytes, seed: bytes, erase: bool
) -> None:
    before = data if erase else b"\xff" * len(data)
    after = b"\xff" * len(data) if erase else data
    left = torn_write.tear(seed, before, after)
    assert len(left) == len(data)
    assert all(
        (low ^ x) & (high ^ x) == 0 for low, high, x in zip(before, after, left, strict=True)
    )


def test_all_ways_of_tearing_occur() -> None:
    before, after = b"\xff" * 64, bytes(64)
    left = {torn_write.tear(bytes([n]), before, after) for n in range(64)}
    assert {before, after} < left
    assert len(left) > 20


@pytest.mark.parametrize(
    ("reconnects", "seen"), [(0, "[1010, 200]"), (-1, "[1010, 1001, 201, 1010]")]
)
def test_wifi_is_lost_and_the_driver_comes_back_by_itself_only_if_told_to(
    board: Board, reconnects: int, seen: str
) -> None:
    code = f"""
import network, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.config(reconnects={reconnects})
station.connect("home")
seen, heard = [], set()
for _ in range(40):
    time.sleep(1)
    heard.add(len(station.scan()))
    if not seen or seen[-1] != station.status():
        seen.append(station.status())
print(seen, sorted(heard))
station.disconnect()
station.connect("home")
time.sleep(1)
print(station.isconnected())
"""
    assert run(board, code, "wifi-lost:at=10,for=10") == [f"{seen} [0, 1]", "True"]


def test_names_are_not_resolved_and_it_takes_its_time(board: Board) -> None:
    code = """
import network, time, socket
station = network.WLAN(network.STA_IF)
station.active(True)
station.connect("home")
time.sleep(1)
start = time.time()
try:
    socket.getaddrinfo("localhost", 80)
    print("found")
except OSError as error:
    print(error.errno, time.time() - start)
print(len(socket.getaddrinfo("127.0.0.1", 80)))
"""
    assert run(board, code, "dns-dead:at=0,for=10") == ["-202 14", "1"]
    assert run(board, code)[0] == "found"


def test_the_i2c_bus_does_not_acknowledge_or_is_stuck(board: Board) -> None:
    code = """
import machine, time
bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21))
for _ in range(3):
    try:
        print(bus.scan(), bus.readfrom_mem(0x76, 0xD0, 1))
    except OSError as error:
        print(bus.scan(), error.errno)
    time.sleep(10)
"""
    well = "[118] b'`'"
    assert run(board, code, "i2c-nack:at=5,for=10") == [well, "[] 19", well]
    assert run(board, code, "i2c-stuck:at=5,for=10") == [well, "[] 116", well]


def test_the_sensor_gives_its_last_value_again(board: Board) -> None:
    code = """
import machine, time
bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21))
for _ in range(4):
    bus.writeto_mem(0x76, 0xF4, b"\\x25")
    time.sleep(1)
    print(bus.readfrom_mem(0x76, 0xF7, 6).hex())
    time.sleep(7200)
"""
    values = run(board, code, "sensor-stuck:at=7000,for=9000")
    assert values[0] == values[1] == values[2] != values[3]


def test_the_clock_jumps_either_way_and_ticks_do_not(board: Board) -> None:
    code = """
import time
start = time.ticks_ms()
for _ in range(3):
    time.sleep(10)
    print(time.time(), time.ticks_diff(time.ticks_ms(), start))
"""
    found = run(board, code, "clock-jump:at=15,by=3600", "clock-jump:at=25,by=-7200")
    assert found == ["10 10000", "3620 20000", "-3570 30000"]


def test_the_heap_is_nearly_full_for_a_while(board: Board) -> None:
    code = """
import gc, time
for _ in range(3):
    gc.collect()
    print(gc.mem_free() < 21000)
    time.sleep(10)
"""
    assert run(board, code, "heap:at=5,for=10,free=20000") == ["False", "True", "False"]


def test_a_bit_flips_in_its_region_and_nowhere_else(board: Board) -> None:
    before = board.flash_path.read_bytes()
    run(board, "import time; time.sleep(10)", "bit-flip:at=5,region=identity")
    after = board.flash_path.read_bytes()
    changed = [n for n in range(0x1FE000, 0x200000) if before[n] != after[n]]
    assert len(changed) == 1
    assert (before[changed[0]] ^ after[changed[0]]).bit_count() == 1


def test_resets_and_losses_of_power_come_when_told(board: Board) -> None:
    board.write_file(
        "/main.py", b"import machine, time\nprint(machine.reset_cause(), time.ticks_ms())\n"
        b"time.sleep(1000)\n",
    )  # fmt: skip
    with board:
        board.start(under("watchdog:at=100", "switch-off:at=200,off=50", "switch-off:at=400"))
        board.wait_off(PATIENCE_S)
    assert board.serial.history == ["1 0", "3 0", "1 0"]
    assert board.shared_state.now_us - board.shared_state.begin_us == 400 * 1_000_000


@pytest.mark.parametrize("operation", [1, 2, 3, 4])
def test_the_power_fails_in_the_middle_of_the_nth_operation(board: Board, operation: int) -> None:
    board.write_file("/x", b"before")
    board.write_file(
        "/main.py",
        b"print(open('x').read()[:6])\nwith open('x', 'w') as f:\n    f.write('after ' * 200)\n"
        b"print('done')\n",
    )
    with board:
        board.start(under(f"power-cut:op={operation},off=1", "switch-off:at=60", seed=operation))
        board.wait_off(PATIENCE_S)
    first, second, done = board.serial.history  # cut in the first life, whole in the second
    assert (first, done) == ("before", "done")
    assert second in ("before", "after ")
    assert board.shared_state.operations > operation


def test_the_heap_is_looked_at_on_time(board: Board) -> None:
    board.write_file("/x", b"")  # else the first boot takes the time to make a filesystem
    looks = Conditions(virtual=True, heap_every_s=600)
    board.exec("import time; time.sleep(1900)", conditions=looks)
    moments = [(look.now_us - board.shared_state.begin_us) // 1_000_000 for look in board.heap]
    assert moments == [600, 1200, 1800]
    assert board.shared_state.now_us - board.shared_state.begin_us == 1900 * 1_000_000
    assert all(look.used > 10_000 and look.free > 10_000 for look in board.heap)


def test_what_comes_in_deep_sleep_is_there_on_waking(board: Board) -> None:
    board.write_file(
        "/main.py",
        b"import machine, time\nprint(time.time())\ntime.sleep(1)\nmachine.deepsleep(99000)\n",
    )
    with board:
        board.start(under("clock-jump:at=150,by=1000", "watchdog:at=250", "switch-off:at=450"))
        board.wait_off(PATIENCE_S)
    assert board.serial.history == ["0", "100", "200", "1300", "1400", "1500"]


SLEEPER = b"""import machine, time
print(time.time())
with open("x", "w") as file:
    file.write("x")
machine.deepsleep(60000)
"""


@pytest.mark.parametrize("fault", ["switch-off:at=130", "power-cut:at=130"])
def test_a_board_that_never_waits_between_two_sleeps_meets_its_faults(
    board: Board, fault: str
) -> None:
    board.write_file("/main.py", SLEEPER)
    with board:
        board.start(under(fault, "switch-off:at=400"))
        board.wait_off(PATIENCE_S)
    assert board.serial.history == ["0", "60", "120", "180"]

"""A virtual board: flashed by unmodified esptool, spoken to by unmodified mpremote, over a pty."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import serial

from base_images import base_image
from patience import PATIENCE_S
from sealmote.board.chips import CHIPS, chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image, mpy
from sealmote.board.images.artifacts import Written, write
from sealmote.sim import Board, Network, NtpServer
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import VirtualBoard
from sealwire.keys import PublicKey

TOOLS = Path(sys.executable).parent
WIFI = Network("home", "correct horse")

Plug = Callable[..., VirtualBoard]


def tool(name: str, *arguments: object, fails: bool = False) -> str:
    done = subprocess.run(
        [str(TOOLS / name), *map(str, arguments)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def esptool(board: VirtualBoard, *arguments: object, fails: bool = False) -> str:
    return tool("esptool", "--port", board.port, *arguments, fails=fails)


def mpremote(board: VirtualBoard, *arguments: object, fails: bool = False) -> str:
    return tool("mpremote", "connect", board.port, *arguments, fails=fails)


def wait(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    folder = tmp_path_factory.mktemp("images")
    return {
        known.name: write(
            image.build(
                base_images.parse(base_image(known), known), firmware.files(), firmware.loader()
            ),
            folder / f"{known.name}.hex",
        )
        for known in CHIPS
    }


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Plug in a board of that name: a new, bare one, or the one that was there before."""
    with ExitStack() as held:

        def plug_in(
            name: str = "board", chip_name: Any = "esp32c3", **options: Any
        ) -> VirtualBoard:
            folder = tmp_path / name
            made = (
                Board.open(folder)
                if folder.exists()
                else Board.create(folder, chip=chip_name, wifi=[WIFI], bare=True)
            )
            return held.enter_context(VirtualBoard(made, **options))

        yield plug_in


@pytest.fixture
def time_server() -> Iterator[int]:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    server = NtpServer()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    yield server.port
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)


def flashed(board: VirtualBoard, content: Written) -> VirtualBoard:
    """Put an image on a board as quickly as may be."""
    for region in image_regions(content):
        with board.board.flash_path.open("r+b") as file:
            file.seek(region.address)
            file.write(region.data)
    board.reset()
    return board


def image_regions(content: Written) -> tuple[image.Region, ...]:
    from sealmote.board.images import formats

    return formats.read(content.hex)[0].regions


@pytest.mark.parametrize("name", ["esp32", "esp32s3", "esp32c3"])
def test_a_bare_board_is_flashed_asked_for_its_key_and_sends_readings(
    name: str, plug: Plug, images: dict[str, Written], live: Any, time_server: int, tmp_path: Path
) -> None:
    board = plug(chip_name=name)
    assert board.fault == "invalid header: 0xffffffff"
    said = esptool(board, "write-flash", 0, images[name].hex)
    assert said.count("Hash of data verified") >= 4
    assert board.board.mac.hex(":") in said

    asked = mpremote(
        board, "resume", "exec", "from mote.setup import provision; provision.identity('ES256')"
    )
    answer = json.loads(asked.strip().splitlines()[-1])
    key = PublicKey.parse(bytes.fromhex(answer["key"]))
    assert key.thumbprint().hex() == answer["thumbprint"]
    assert answer["mac"] == board.board.mac.hex()

    live.gateway.add_device(key, unproven=True)
    config = {
        "wifi": {"ssid": WIFI.ssid, "password": WIFI.password},
        "gateway": {
            "url": f"http://127.0.0.1:{live.port}",
            "origin": live.gateway.origin,
            "key": live.gateway.ack_key.cose().hex(),
        },
        "ntp": {"host": "127.0.0.1", "port": time_server},
        "sample": {"period_s": 1, "count": 0, "sensors": ["chip"]},
        "upload": {"period_s": 1},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    mpremote(board, "cp", tmp_path / "config.json", ":/data/config.json", "+", "reset")
    live.wait_published(3)


def test_the_tools_work_one_after_the_other(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = flashed(plug(), images["esp32c3"])
    assert mpremote(board, "exec", "import sys; print(sys.platform)") == "esp32\n"
    assert "sealwire/" in mpremote(board, "ls")
    esptool(board, "verify-flash", 0, images["esp32c3"].hex)
    content = bytes(range(256)) * 20
    (tmp_path / "in").write_bytes(content)
    mpremote(board, "cp", tmp_path / "in", ":/data/x")
    mpremote(board, "soft-reset")
    mpremote(board, "cp", ":/data/x", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content
    esptool(board, "read-flash", 0x8000, 0x8000, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == board.board.flash_path.read_bytes()[0x8000:0x10000]
    (tmp_path / "long.py").write_text(
        "x = 0\n" + "x += 1  # so that raw paste has to wait\n" * 500 + "print(x)"
    )
    assert mpremote(board, "run", tmp_path / "long.py").strip() == "500"
    assert "4MB" in esptool(board, "flash-id")
    esptool(board, "erase-flash")
    wait(lambda: board.fault is not None)


def test_bytes_pass_as_they_are_and_ctrl_c_does_when_it_is_told_to(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    """mpremote's mount sends bytes both ways, with `micropython.kbd_intr(-1)` in force."""
    board = flashed(plug(), images["esp32c3"])
    folder = tmp_path / "shared"
    folder.mkdir()
    content = bytes(range(256)) + b"\n\r\n\xff\xffn\xffm\x03\x04"
    (folder / "all").write_bytes(content)
    code = (
        "f = open('/remote/all', 'rb').read(); open('/remote/back', 'wb').write(f); print(len(f))"
    )
    said = mpremote(board, "mount", folder, "exec", code)
    assert said.splitlines()[-1] == str(len(content))
    assert (folder / "back").read_bytes() == content


def test_ctrl_c_interrupts_and_ctrl_d_starts_anew(plug: Plug, images: dict[str, Written]) -> None:
    board = flashed(plug(), images["esp32c3"])
    with serial.Serial(board.port, 115200, timeout=5) as line:
        line.write(b"\r\x03")
        assert line.read_until(b">>> ").endswith(b">>> ")
        line.write(b"while True: pass\r\n\r\n")
        line.read_until(b"pass\r\n")
        time.sleep(0.3)
        line.write(b"\x03")
        assert b"KeyboardInterrupt" in line.read_until(b">>> ")
        line.write(b"print('a')\r")
        assert line.read_until(b"a\r\n>>> ").endswith(b"print('a')\r\na\r\n>>> ")
        line.write(b"\x01")
        line.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        line.write(b"\x04")  # from the raw prompt: main.py does not run
        assert b"MPY: soft reboot\r\n" in line.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        line.write(b"import sys; print('mote.app' in sys.modules)\x04")
        assert line.read_until(b"\x04>") == b"OKFalse\r\n\x04\x04>"
        line.write(b"\x02")
        line.read_until(b">>> ")
        line.write(b"\x04")  # from the friendly one it does
        line.read_until(b"MPY: soft reboot\r\n")
        assert b"setup:" in line.read_until(b"setup:")


def test_flash_and_efuses_outlive_the_cable(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    esptool(board, "write-flash", 0, images["esp32c3"].hex)
    burn = ("burn-efuse", "DIS_PAD_JTAG", "1")
    tool("espefuse", "--port", board.port, "--do-not-confirm", *burn)
    before = board.board.flash_path.read_bytes()
    board.unplug()
    with pytest.raises(serial.SerialException):
        serial.Serial(board.port)
    board = plug()
    assert board.fault is None
    assert board.board.flash_path.read_bytes()[:0x8C00] == before[:0x8C00]
    said = tool("espefuse", "--port", board.port, "--chip", "esp32c3", "summary")
    assert any("DIS_PAD_JTAG " in line and "= True" in line for line in said.splitlines())
    assert board.board.mac.hex(":") in said


def test_what_esptool_fills_its_last_block_with_harms_nothing_behind_it(
    plug: Plug, tmp_path: Path
) -> None:
    board = plug("b", "esp32c3")
    behind = bytes(range(256)) * 16
    with board.board.flash_path.open("r+b") as flash:
        flash.seek(0x3000)
        flash.write(behind)
    (tmp_path / "part.bin").write_bytes(os.urandom(8192))  # nothing that it would compress
    esptool(board, "write-flash", "0x1000", tmp_path / "part.bin")
    assert board.board.flash_path.read_bytes()[0x1000:0x4000] == (
        (tmp_path / "part.bin").read_bytes() + behind
    )


def test_a_cable_pulled_in_the_middle_hurts_until_the_board_is_flashed_again(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    large = tmp_path / "large.hex"
    base = base_images.parse(base_image(chip("esp32c3"), app_size=0x1C0000), chip("esp32c3"))
    write(image.build(base, firmware.files(), firmware.loader()), large)
    board = plug()
    flash = board.board.flash_path
    writing = subprocess.Popen(
        [TOOLS / "esptool", "--port", board.port, "--no-compress", "write-flash", "0", large],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait(lambda: flash.read_bytes()[0x20000] != 0xFF or writing.poll() is not None)
    board.unplug()
    said, _ = writing.communicate(timeout=PATIENCE_S)
    assert writing.returncode != 0, said
    board = plug()
    assert board.fault is not None
    esptool(board, "write-flash", 0, large)
    wait(lambda: board.fault is None)
    assert mpremote(board, "resume", "exec", "import mote; print(mote.VERSION)")


def test_an_image_for_another_chip_is_refused_or_does_not_start(
    plug: Plug, images: dict[str, Written]
) -> None:
    board = plug(chip_name="esp32c3")
    said = esptool(board, "--chip", "esp32s3", "write-flash", 0, images["esp32s3"].hex, fails=True)
    assert "This chip is ESP32-C3, not ESP32-S3" in said
    flashed(board, images["esp32s3"])
    assert board.fault is not None
    assert "ESP32-S3" in board.fault


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (0x100, "csum err"),
        (0x8000, "partition table"),
        (0x10000, "invalid magic"),
        (0x10200, "app"),
    ],
)
def test_what_is_damaged_does_not_start(
    address: int, says: str, plug: Plug, images: dict[str, Written]
) -> None:
    board = flashed(plug(), images["esp32c3"])
    assert board.fault is None
    with board.board.flash_path.open("r+b") as file:
        file.seek(address)
        file.write(b"\x00\x01")
    with serial.Serial(board.port, 115200, timeout=5) as line:
        board.reset()
        assert says.encode() in line.read_until(says.encode())
        assert says.encode() in line.read_until(says.encode())  # and again, at the next reset
    assert board.fault is not None
    assert says in board.fault
    board.reset(download=True)
    assert board.downloading


@pytest.mark.parametrize("carried", [True, False])
def test_native_code_of_another_source_is_refused(
    carried: bool, plug: Plug, images: dict[str, Written]
) -> None:
    board = flashed(plug(), images["esp32c3"])
    here = board.board
    board.unplug()
    path = "/sealwire/fast/limbs.mpy"
    module = here.read_file(path)
    at = module.index(mpy.SOURCE_MARK) + len(mpy.SOURCE_MARK)
    here.write_file(path, module[:at] + bytes(32) if carried else module[: -len(module) + at - 16])
    here.write_file("/main.py", b"import sealwire.fast.limbs\n")
    board = plug()
    wait(lambda: board.fault is not None)
    assert board.fault is not None
    assert path[1:] in board.fault
    wanted = "another source (SHA-256 0000000000000000…)" if carried else "does not say of which"
    assert wanted in board.fault
    esptool(board, "flash-id")


def test_who_reads_a_native_module_gets_what_was_flashed(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = flashed(plug(chip_name="esp32"), images["esp32"])
    code = "import sealwire.fast.limbs as m; print(m.__file__)"
    assert mpremote(board, "exec", code).strip() == "sealwire/fast/limbs.mpy"
    mpremote(board, "cp", ":/sealwire/fast/limbs.mpy", tmp_path / "read.mpy")
    assert (tmp_path / "read.mpy").read_bytes()[2] >> 2 == 10  # xtensawin
    board.unplug()
    assert (tmp_path / "read.mpy").read_bytes() == board.board.read_file("/sealwire/fast/limbs.mpy")


def test_download_mode_is_left_as_on_a_chip(plug: Plug, images: dict[str, Written]) -> None:
    board = flashed(plug(auto_reset=False), images["esp32c3"])
    esptool(board, "--connect-attempts", 1, "flash-id", fails=True)  # nobody holds BOOT
    assert not board.downloading
    board.reset(download=True)
    esptool(board, "--after", "no-reset", "flash-id")
    assert board.downloading
    esptool(board, "--after", "watchdog-reset", "flash-id")
    wait(lambda: not board.downloading)
    board.reset(download=True)
    esptool(board, "--no-stub", "--after", "soft-reset", "flash-id")
    wait(lambda: not board.downloading)
    assert mpremote(board, "resume", "exec", "print(1)").strip() == "1"


def test_eight_boards_have_eight_macs_and_one_command(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [TOOLS / "sealmote", "sim", "board", tmp_path / "b", "--boards", "8", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = json.loads(process.stdout.readline())
        assert len({one["mac"] for one in found}) == len({one["port"] for one in found}) == 8
        for one in found[:2]:
            assert bytes.fromhex(one["mac"]).hex(":") in tool(
                "esptool", "--port", one["port"], "read-mac"
            )
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)

"""Drivers of one's own in an image: they run, and what could not is refused with its place."""

from pathlib import Path

import pytest

from base_images import base_image
from commands import run_sealmote
from sealmote.board.chips import chip
from sealmote.board.errors import ImageError, ToolError
from sealmote.board.images import base_image as base_images
from sealmote.board.images import drivers, image, mpy
from sealmote.sim import Board
from sealmote.sim.storage import firmware

SOIL = """
import helper
from mote.errors import SensorError
from mote.log import Log
import mote.uptime
from sealwire import senml

class Driver:
    \"\"\"A driver that imports whatever it may.\"\"\"
    name = "soil"
    needs_bus = False

    @staticmethod
    def probe(bus: None) -> "Driver":
        assert bus is None
        Log("soil").info("found after %d s" % mote.uptime.seconds())
        return Driver()

    def read(self) -> "list[senml.Record]":
        if not helper.VALUE:
            raise SensorError("dry")
        return [senml.Record("soil", None, helper.VALUE)]
"""


def folder_of(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


_TAKE = """
import asyncio
from mote.sensors.sampler import Sampler
pack = asyncio.run(Sampler(("soil", "chip"), None).take(lambda: 1_800_000_000))
print([repr(one) for one in pack.records])
"""


def test_an_image_takes_them_along(tmp_path: Path) -> None:
    files = firmware.files()
    own = drivers.read(folder_of(tmp_path, soil=SOIL, helper="VALUE = 7\n"), files)
    wanted = chip("esp32c3")
    made = image.build(
        base_images.parse(base_image(wanted), wanted), files, firmware.loader(), drivers=own
    )
    board = Board.create(tmp_path / "board")
    board.install(compiled=True)
    for path in ("/lib/soil.mpy", "/lib/helper.mpy"):
        board.write_file(path, made.files[path])
    printed = board.exec(_TAKE)
    assert "soil: found after 0 s" in printed
    assert "'soil=7', 'chip=" in printed


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("soil", "import os\ndef (:\n", "soil.py is no Python (invalid syntax"),
        ("bme280", "", "the firmware has a bme280 of its own: rename it"),
        ("main", "", "the firmware has a main of its own: rename it"),
        ("time", "", "would load it in the place of MicroPython's time: rename it"),
        ("machine", "", "would load it in the place of MicroPython's machine: rename it"),
        ("Soil", "", "no configuration can name it: take a-z, 0-9 and _"),
        ("soil", "\nfrom .helper import x\n", "soil.py, line 2: a driver is in no package"),
        (
            "soil",
            "def f():\n    from mote.storage.outbox import Outbox\n",
            "soil.py, line 2: mote.storage.outbox.Outbox is not for drivers, who may import sealwire.",
        ),
        ("soil", "import mote.app\n", "line 1: mote.app is not for drivers"),
        ("soil", "from mote import app\n", "line 1: mote.app is not for drivers"),
        ("soil", "from mote.log import last\n", "line 1: mote.log.last is not for drivers"),
    ],
)
def test_what_a_board_could_not_load_is_refused(
    tmp_path: Path, name: str, source: str, complaint: str
) -> None:
    with pytest.raises(ImageError) as caught:
        drivers.read(folder_of(tmp_path, **{name: source}), firmware.files())
    assert complaint in str(caught.value)


def test_what_micropython_does_not_compile_is_refused(tmp_path: Path) -> None:
    own = drivers.read(folder_of(tmp_path, soil="match 1:\n    case 1:\n        pass\n"), {})
    with pytest.raises(ToolError, match=r"/lib/soil.py does not compile for rv32imc"):
        mpy.compile_drivers(own, chip("esp32c3"), "1.29.0")


def test_the_command_refuses_a_folder_without_drivers(tmp_path: Path) -> None:
    done = run_sealmote(
        "build", "--chip", "esp32c3", "-o", str(tmp_path / "x.hex"), "--drivers", str(tmp_path)
    )
    assert done.returncode == 1
    assert f"no drivers in {tmp_path}: name a folder with .py files" in done.stderr

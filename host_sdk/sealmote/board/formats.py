"""An image as files: Intel HEX for esptool, parts and a manifest for ESP Web Tools, a padded .bin.

The HEX names every byte's address, so esptool 5 writes its regions and nothing between them. The
padded .bin overwrites all that lies between, the identity included: it is for bare boards only.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from intelhex import IntelHex, IntelHexError

from sealmote.board import esp_image
from sealmote.board.chips import CHIPS, Chip
from sealmote.board.errors import ImageError
from sealmote.board.image import Image, Region
from sealmote.flash_layout import MIB

_LARGEST: Final = 16 * MIB
_HEX_LARGEST: Final = 3 * _LARGEST


def to_hex(image: Image) -> bytes:
    """Intel HEX with the image's regions and nothing else."""
    made = IntelHex()
    for region in image.regions:
        made.frombytes(region.data, region.address)
    text = io.StringIO()
    made.write_hex_file(text, byte_count=32, eolstyle="native")
    return text.getvalue().encode("ascii")


def to_padded(image: Image) -> bytes:
    """Everything from address 0 on, FF between the regions."""
    padded = bytearray()
    for region in image.regions:
        padded += b"\xff" * (region.address - len(padded)) + region.data
    return bytes(padded)


def to_manifest(image: Image, name: str, version: str, parts: dict[str, str]) -> bytes:
    """ESP Web Tools manifest; ``parts`` gives each region's file name.

    Without `new_install_prompt_erase` the tool would erase the whole flash unasked.
    """
    assert image.chip is not None
    manifest = {
        "name": name,
        "version": version,
        "new_install_prompt_erase": True,
        "new_install_improv_wait_time": 0,
        "builds": [
            {
                "chipFamily": image.chip.title,
                "improv": False,
                "parts": [
                    {"path": parts[region.name], "offset": region.address}
                    for region in image.regions
                ],
            }
        ],
    }
    return (json.dumps(manifest, indent=2) + "\n").encode()


def read(path: Path) -> tuple[Image, str]:
    """Image in a .hex or padded .bin, and the file's SHA-256 in hex.

    Raises ImageError if it is neither, or larger than any flash.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_HEX_LARGEST + 1)
    except OSError as error:
        raise ImageError(f"cannot read {path} ({error.strerror}): name an image's file") from error
    return read_bytes(data, str(path)), hashlib.sha256(data).hexdigest()


def read_bytes(data: bytes, name: str) -> Image:
    """Image in the bytes of a .hex or padded .bin; ``name`` is for messages."""
    chunks = list(_hex_chunks(data, name)) if data[:1] == b":" else [(0, data)]
    if not chunks or not data or chunks[-1][0] + len(chunks[-1][1]) > _LARGEST:
        raise ImageError(f"{name} is empty or larger than any board's flash: build it again")
    image = Image(None, tuple(Region(f"{at:#08x}", at, part) for at, part in chunks))
    return Image(_chip(image, name), image.regions)


def _hex_chunks(data: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    try:
        parsed = IntelHex()
        parsed.loadhex(io.StringIO(data.decode("ascii")))
    except (IntelHexError, UnicodeDecodeError) as error:
        raise ImageError(f"{name} is no sound Intel HEX ({error}): build it again") from error
    for start, end in parsed.segments():
        yield start, parsed.tobinstr(start=start, end=end - 1)


def _chip(image: Image, name: str) -> Chip | None:
    """Chip by the bootloader in it. A backup has none, and suits any; a .bin must have one."""
    found = {
        chip
        for chip in CHIPS
        for region in image.regions
        if region.address <= chip.bootloader < region.end
        and esp_image.image_id(region.data[chip.bootloader - region.address :]) == chip.image_id
    }
    if len(found) == 1:
        return found.pop()
    if image.regions[0].address >= 0x8000:
        return None
    raise ImageError(
        f"{name} has no bootloader of a chip that Sealmote knows where it should be: build the image "
        "with `sealmote build`"
    )

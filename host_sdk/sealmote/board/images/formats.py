"""Image file formats: Intel HEX, padded .bin, ESP Web Tools manifest.

The HEX names every byte's address, so esptool 5 writes its regions and nothing between them. The
padded .bin overwrites all that lies between, the identity included: it is for bare boards only.

Both say themselves whether they are complete. The HEX ends in its end record, and its start address (type
05, of no use to a flash; Intel, "Hexadecimal Object File Format Specification", 1988) is the first four
bytes of the SHA-256 over its segments, each as address and size, 32 bits, big-endian, and its bytes. The
.bin ends in `_END` and the SHA-256 of all before it: these lie where an empty littlefs has nothing.
"""

import hashlib
import io
import json
import struct
from pathlib import Path
from typing import Final

from intelhex import IntelHex, IntelHexError

from sealmote.board.chips import CHIPS, Chip
from sealmote.board.errors import ImageError
from sealmote.board.images import esp_image
from sealmote.board.images.image import Image, Region
from sealmote.flash_layout import MIB

_LARGEST: Final = 16 * MIB
_HEX_LARGEST: Final = 3 * _LARGEST
_LAST_RECORD: Final = b":00000001FF"
_END: Final = b"Sealmote image"
_END_BYTES: Final = len(_END) + 32
_AGAIN: Final = "fetch it again, or build it again with `sealmote build`"


def to_hex(image: Image) -> bytes:
    """Intel HEX with the image's regions and nothing else."""
    made = IntelHex()
    for region in image.regions:
        made.frombytes(region.data, region.address)
    made.start_addr = {"EIP": _digest(_segments(made))}
    text = io.StringIO()
    made.write_hex_file(text, byte_count=32, eolstyle="native")
    return text.getvalue().encode("ascii")


def to_padded(image: Image) -> bytes:
    """Everything from address 0 on, FF between the regions; then what tells that it is all there."""
    padded = bytearray()
    for region in image.regions:
        padded += b"\xff" * (region.address - len(padded)) + region.data
    return bytes(padded) + _END + hashlib.sha256(padded).digest()


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

    Raises ImageError if it is neither, not complete, or larger than any flash.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_HEX_LARGEST + 1)
    except OSError as error:
        raise ImageError(f"cannot read {path} ({error.strerror}): name an image's file") from error
    return read_bytes(data, str(path)), hashlib.sha256(data).hexdigest()


def read_bytes(data: bytes, name: str) -> Image:
    """Image in the bytes of a .hex or padded .bin; ``name`` is for messages."""
    chunks = _hex_chunks(data, name) if data[:1] == b":" else [(0, _whole(data, name))]
    if not chunks or chunks[-1][0] + len(chunks[-1][1]) > _LARGEST:
        raise ImageError(f"{name} is empty or larger than any board's flash: build it again")
    image = Image(None, tuple(Region(f"{at:#08x}", at, part) for at, part in chunks))
    return Image(_chip(image, name), image.regions)


def _whole(data: bytes, name: str) -> bytes:
    """Return what a padded .bin holds."""
    content, end = data[:-_END_BYTES], data[-_END_BYTES:]
    if not content or end != _END + hashlib.sha256(content).digest():
        raise ImageError(
            f"{name} is no whole image, but cut short, a part of one, or another program's: flash FILE.hex "
            "or, on a bare board, FILE.bare-board.bin of `sealmote build`; for plain MicroPython see "
            "`sealmote stock`"
        )
    return content


def _hex_chunks(data: bytes, name: str) -> list[tuple[int, bytes]]:
    _check_ends(data, name)
    try:
        parsed = IntelHex()
        parsed.loadhex(io.StringIO(data.decode("ascii")))
    except (IntelHexError, UnicodeDecodeError) as error:
        raise ImageError(f"{name} is no sound Intel HEX ({error}): {_AGAIN}") from error
    found = _segments(parsed)
    said = (parsed.start_addr or {}).get("EIP")
    if said is None:
        raise ImageError(
            f"{name} does not say whether it is complete: it lost its first line, or this Sealmote did not "
            f"make it; {_AGAIN}"
        )
    if said != _digest(found):
        raise ImageError(f"{name} is not complete, its digest does not hold: {_AGAIN}")
    return found


def _check_ends(data: bytes, name: str) -> None:
    """Raise ImageError unless the end record is there once, as the last line: intelhex asks for neither."""
    lines = [line.strip().upper() for line in data.split(b"\n") if line.strip()]
    if lines[-1] != _LAST_RECORD:
        raise ImageError(f"{name} is not complete, it does not end in its end record: {_AGAIN}")
    if lines.count(_LAST_RECORD) > 1:
        raise ImageError(f"{name} has an end record in its middle: {_AGAIN}")


def _segments(parsed: IntelHex) -> list[tuple[int, bytes]]:
    return [(s, parsed.tobinstr(start=s, end=end - 1)) for s, end in parsed.segments()]


def _digest(segments: list[tuple[int, bytes]]) -> int:
    """Return what the start address of a HEX with these segments, as (address, bytes), is."""
    made = hashlib.sha256()
    for at, data in segments:
        made.update(struct.pack(">II", at, len(data)) + data)
    return int.from_bytes(made.digest()[:4], "big")


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

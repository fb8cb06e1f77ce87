"""`sealmote build`: an image that plain esptool puts on a board."""

from pathlib import Path
from typing import Annotated

import typer

from sealmote.board.images import drivers as own_drivers
from sealmote.board.images import image
from sealmote.board.images.artifacts import Written, write
from sealmote.board.images.base_sources import choose_base
from sealmote.cli.common.output import JsonOption, print_fields, print_json
from sealmote.flash_layout import MIB
from sealmote.sim.storage import firmware

ChipOption = Annotated[str, typer.Option(help="esp32, esp32s3 or esp32c3.")]
BaseOption = Annotated[
    Path | None,
    typer.Option(help="MicroPython's .bin for that chip; without it the pinned one is downloaded."),
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Intel HEX to write.")]
FlashSizeOption = Annotated[
    int, typer.Option(min=4, max=16, help="Flash to use, in MiB: 4, 8 or 16. 4 suits every board.")
]

DriversOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Folder with drivers of your own: its .py files go to /lib, compiled.",
    ),
]


def build(
    chip: ChipOption,
    output: OutputOption,
    base: BaseOption = None,
    flash_size: FlashSizeOption = 4,
    drivers: DriversOption = None,
    json: JsonOption = False,
) -> None:
    """Build what `esptool write-flash 0 FILE` puts on a board: MicroPython and Sealmote's firmware.

    Beside FILE.hex lie the manifest and parts for ESP Web Tools, a padded .bin for bare boards only,
    and a CycloneDX bill of materials.

    Example: sealmote build --chip esp32c3 --base ESP32_GENERIC_C3-20260824-v1.29.0.bin -o esp32c3.hex
    """
    files = firmware.files()
    own = own_drivers.read(drivers, files) if drivers else {}
    made = image.build(choose_base(chip, base), files, firmware.loader(), flash_size * MIB, own)
    report(write(made, output), made, as_json=json)


def report(written: Written, made: image.Built, *, as_json: bool) -> None:
    """Print what was written, and what it holds."""
    fields = {
        "hex": str(written.hex),
        "sha256": written.sha256.hex(),
        "chip": made.base.chip.name,
        "micropython": made.base.release,
        "version": made.version,
        "manifest": str(written.manifest),
        "bare_board": str(written.bare) if written.bare else None,
        "sbom": str(written.sbom),
    }
    if as_json:
        print_json({**fields, "regions": _regions(made)})
        return
    print_fields("image", ((key, value) for key, value in fields.items() if value))
    print_fields(
        "regions",
        ((str(r["name"]), f"{r['address']:#08x} {r['size']} bytes") for r in _regions(made)),
    )


def _regions(made: image.Built) -> list[dict[str, object]]:
    return [{"name": r.name, "address": r.address, "size": len(r.data)} for r in made.image.regions]

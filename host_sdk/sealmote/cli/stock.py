"""`sealmote stock`: an image that puts plain MicroPython back."""

from sealmote.board.images import image
from sealmote.board.images.artifacts import write
from sealmote.board.images.base_sources import choose_base
from sealmote.cli.build import BaseOption, ChipOption, FlashSizeOption, OutputOption, report
from sealmote.cli.common.output import JsonOption
from sealmote.flash_layout import MIB


def stock(
    chip: ChipOption,
    output: OutputOption,
    base: BaseOption = None,
    flash_size: FlashSizeOption = 4,
    json: JsonOption = False,
) -> None:
    """Build an image that puts plain MicroPython back and keeps the board's identity partition.

    MicroPython makes a new, empty filesystem when it first starts: what was on the board is gone, but
    its key is not.

    Example: sealmote stock --chip esp32 --base ESP32_GENERIC-20260824-v1.29.0.bin -o stock.hex
    """
    made = image.stock(choose_base(chip, base), flash_size * MIB)
    report(write(made, output), made, as_json=json)

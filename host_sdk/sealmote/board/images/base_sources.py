"""Select a chip's base image: a named file, or the pinned download."""

from pathlib import Path

from sealmote.board.chips import chip
from sealmote.board.errors import BaseImageError
from sealmote.board.images import base_image, download
from sealmote.board.images.base_image import BaseImage


def choose_base(chip_name: str, file: Path | None) -> BaseImage:
    """Return a chip's base image: from ``file``, or downloaded and checked against its pin."""
    wanted = chip(chip_name)
    if file is None:
        data = download.fetch(download.pin(wanted), download.cache_folder())
        return base_image.parse(data, wanted)
    try:
        with file.open("rb") as opened:
            data = opened.read(download.LARGEST + 1)
    except OSError as error:
        raise BaseImageError(f"cannot read {file} ({error.strerror}): name a .bin") from error
    if len(data) > download.LARGEST:
        raise BaseImageError(f"{file} is larger than any base image: name MicroPython's .bin")
    return base_image.parse(data, wanted)

"""Write an image's files (HEX, parts, manifest, padded .bin, SBOM), all or none."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sealmote.board.errors import ImageError
from sealmote.board.images import formats, image, sbom
from sealmote.board.images.image import Built


@dataclass(frozen=True)
class Written:
    """Files of one image, and the digest by which the flash journal names it."""

    hex: Path
    manifest: Path
    bare: Path | None  # none of plain MicroPython: it would wipe the identity that is to stay
    sbom: Path
    sha256: bytes


def write(built: Built, path: Path) -> Written:
    """Write the Intel HEX to ``path``, and beside it the parts, the padded .bin and the SBOM."""
    if path.suffix != ".hex":
        raise ImageError(f"{path} is to be an Intel HEX, which plain esptool takes: name it .hex")
    stem = path.with_suffix("").name
    parts = {region.name: f"{stem}.{region.name}.bin" for region in built.image.regions}
    content = formats.to_hex(built.image)
    files = {path.parent / parts[region.name]: region.data for region in built.image.regions}
    manifest, bill = path.with_suffix(".manifest.json"), path.with_suffix(".cdx.json")
    bare = path.with_suffix(".bare-board.bin") if built.files else None
    name = "Sealmote" if built.files else "MicroPython"
    files[manifest] = formats.to_manifest(built.image, name, built.version, parts)
    if bare is not None:
        files[bare] = formats.to_padded(_for_bare_board(built))
    files[bill] = sbom.make(built, path.name, content)
    files[path] = content
    _write_all(files)
    return Written(path, manifest, bare, bill, hashlib.sha256(content).digest())


def _for_bare_board(built: Built) -> image.Image:
    """Return the image with an empty filesystem for the data, whatever the flash held before."""
    layout = built.image.layout
    assert layout is not None
    return built.image.with_region(image.fresh_data(layout.partition("data")))


def _write_all(files: dict[Path, bytes]) -> None:
    """Put the files in place only when all of them are on the disk; the HEX comes last."""
    waiting = {path: path.with_name(f".{path.name}.part") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting[path].write_bytes(content)
        for path, made in waiting.items():
            made.replace(path)
    except OSError as error:
        for made in waiting.values():
            made.unlink(missing_ok=True)
        place = error.filename or next(iter(files)).parent
        raise ImageError(f"cannot write {place} ({error.strerror}): name another folder") from error

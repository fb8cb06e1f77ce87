"""QR codes of device labels, for a terminal and as files."""

import io
from pathlib import Path
from typing import Final

import segno

from sealmote.board.label import LabelError, uri
from sealwire.keys import PublicKey

_SCALE: Final = 4  # units a module, in files
_SUFFIXES: Final = (".svg", ".png")


def terminal(key: PublicKey) -> str:
    """Return the QR code as text for a terminal, two modules a character."""
    drawn = io.StringIO()
    _code(key).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()


def check_name(file: Path) -> None:
    """Raise LabelError unless `save` can write a file of that name."""
    if file.suffix.lower() not in _SUFFIXES:
        raise LabelError(f"{file} is no file for a QR code: name one that ends in .svg or .png")
    if not file.absolute().parent.is_dir():
        raise LabelError(f"there is no folder for {file}: make it, or name another file")


def save(key: PublicKey, file: Path) -> None:
    """Write the QR code to a new or old .svg or .png file. Raises LabelError."""
    check_name(file)
    try:
        _code(key).save(str(file), scale=_SCALE)
    except OSError as error:
        raise LabelError(f"cannot write {file} ({error.strerror}): name another file") from error


def _code(key: PublicKey) -> segno.QRCode:
    return segno.make_qr(uri(key), error="m")

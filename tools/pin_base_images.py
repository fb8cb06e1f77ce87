"""Pin the base images of a MicroPython release: download, check what they are, note their digests.

    .venv/bin/python tools/pin_base_images.py --release 1.29.0 --date 20260824

Compare the printed digests with what another machine and another network get before committing them.
"""

import argparse
import hashlib
import json
import tempfile
import urllib.request
from pathlib import Path

from sealmote.board.chips import CHIPS
from sealmote.board.images import base_image, download


def pinned(release: str, date: str, site: str) -> dict[str, dict[str, str]]:
    """Return each chip's file and digest; SealmoteError if one is not that chip's and release's."""
    found = {}
    for chip in CHIPS:
        name = f"{chip.micropython}-{date}-v{release}.bin"
        with urllib.request.urlopen(site + name, timeout=60) as answer:  # noqa: S310 - as named
            data = answer.read(download.LARGEST)
        parsed = base_image.parse(data, chip)
        if parsed.release != release:
            raise SystemExit(f"{name} says that it is MicroPython {parsed.release}")
        digest = hashlib.sha256(data).hexdigest()
        print(f"{digest}  {name}")
        found[chip.name] = {"file": name, "sha256": digest}
    return found


def main() -> None:
    """Write base_images.json whole, once all of it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", required=True)
    parser.add_argument("--date", required=True, help="as in the file names: YYYYMMDD")
    parser.add_argument("--site", default=download.SITE)
    parser.add_argument("--pins", type=Path, default=download.PINS)
    options = parser.parse_args()
    images = pinned(options.release, options.date, options.site)
    with tempfile.NamedTemporaryFile("w", dir=options.pins.parent, delete=False) as file:
        json.dump({"images": images}, file, indent=2)
        file.write("\n")
    Path(file.name).replace(options.pins)


if __name__ == "__main__":
    main()

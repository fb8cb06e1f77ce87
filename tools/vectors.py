"""Write tests/vectors/must_accept.json and must_refuse.json, and the specification's worked example.

    python tools/vectors.py            write them
    python tools/vectors.py --check    exit 1 if one of them is not what this would write

Everything follows from fixed keys, whose secrets are in the files: they protect nothing.
tests/vectors/README.md describes the format.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.vectorkit.accepted import accepted
from tools.vectorkit.example import example
from tools.vectorkit.given import KEYS, ORIGIN, SECRETS, Case
from tools.vectorkit.refused import refused

ROOT = Path(__file__).resolve().parent.parent
ACCEPT = ROOT / "tests/vectors/must_accept.json"
REFUSE = ROOT / "tests/vectors/must_refuse.json"
SPECIFICATION = ROOT / "docs/spec/wire.md"
BEGIN, END = "<!-- example: tools/vectors.py -->\n", "<!-- end of example -->"


def main() -> int:
    """Write the files, or say which of them are stale."""
    parser = argparse.ArgumentParser(description="Write the wire format's test vectors and example")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if one is stale"
    )
    check = parser.parse_args().check
    stale = {path: text for path, text in outputs().items() if not _is(path, text)}
    for path, text in stale.items():
        print(
            path.relative_to(ROOT), "is stale: run python tools/vectors.py" if check else "written"
        )
        if not check:
            path.write_text(text, "utf-8")
    return 1 if check and stale else 0


def outputs() -> dict[Path, str]:
    """Return the text of every file that this writes."""
    text = SPECIFICATION.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    specification = before + BEGIN + example() + END + after
    return {
        ACCEPT: _document(accepted()),
        REFUSE: _document(refused()),
        SPECIFICATION: specification,
    }


def _document(cases: Iterator[Case]) -> str:
    keys = {
        name: {"alg": alg, "secret": secret.hex(), "cose_key": KEYS[name].public.cose().hex()}
        for name, (alg, secret) in SECRETS.items()
    }
    document = {"format": 1, "origin": ORIGIN, "keys": keys, "cases": list(cases)}
    return json.dumps(document, indent=1) + "\n"


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main())

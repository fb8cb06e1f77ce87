"""Generate the field machines and comb tables of sealwire.fast, or `--check` that they are current.

`--table BYTES` chooses the comb's size, 512 to 32768: more heap, fewer instructions.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.signer import bounds, field, table
from tools.signer.layout import CURVES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "firmware" / "sealwire" / "fast"
DEFAULT_TABLE = 4096


def sources(size: int) -> dict[str, str]:
    """Return every generated module's source by its file name, its bounds proven.

    Raises `OutsideWordError` where one does not hold.
    """
    found = {}
    for curve in CURVES:
        found[f"field_{curve.name}.py"] = source = field.generate(curve)
        for name, largest in bounds.prove(curve, source):
            print(f"{curve.name} {name}: no word past {largest / 2**31:.4f} of 2**31")
        found[f"comb_{curve.name}.py"] = table.generate(curve, size)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write the modules, or say which are stale and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    parser.add_argument("--table", type=int, default=DEFAULT_TABLE, choices=sorted(table.SHAPES))
    parser.add_argument("--into", type=Path, default=PACKAGE, help="the folder to write to")
    options = parser.parse_args(arguments)
    for name, largest in bounds.prove_shared(CURVES):
        print(f"{name}: no word past {largest / 2**31:.4f} of 2**31")
    stale = 0
    for name, source in sources(options.table).items():
        path = options.into / name
        if options.check:
            current = path.exists() and path.read_text(encoding="utf-8") == source
            stale += not current
            if not current:
                print(f"{path} is stale: run python tools/gen_signer.py", file=sys.stderr)
        else:
            path.write_text(source, encoding="utf-8")
    return min(stale, 1)


if __name__ == "__main__":
    sys.exit(main())

"""Run every bench, one after another, and print the JSON object of each under its name."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Return how many benches failed; the others run all the same."""
    failed = 0
    for bench in sorted(HERE.glob("*.py")):
        if bench.name.startswith(("run", "_")):
            continue
        print(f"{bench.stem}:", flush=True)
        arguments = ["--json"] if "--json" in bench.read_text(encoding="utf-8") else []
        failed += (
            subprocess.run([sys.executable, str(bench), *arguments], check=False).returncode != 0
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())

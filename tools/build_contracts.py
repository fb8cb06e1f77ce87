"""Compile the contracts into `chain/evm/contracts/artifacts`, or check that they are up to date.

    python tools/build_contracts.py            # write the artifacts (make contracts)
    python tools/build_contracts.py --check    # exit 1 if one is stale

An artifact is JSON with the ABI, the creation and the runtime bytecode, and what they came from. The
runtime bytecode is without immutables, which a deployed contract carries behind it.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "host_sdk/sealmote/chain/evm/contracts/sources"
ARTIFACTS = ROOT / "host_sdk/sealmote/chain/evm/contracts/artifacts"
VYPER = ROOT / ".venv/contracts/bin/vyper"
NAMES = ("device_registry", "log_anchor")
# The oldest fork with what Vyper emits here (PUSH0, MCOPY), so that most chains take the code.
EVM_VERSION = "cancun"


def main() -> int:
    """Build or check; 0 if all went well, 1 if an artifact is stale, 2 without a compiler."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    parser.add_argument(
        "--vyper", type=Path, default=VYPER, help="the compiler (default: %(default)s)"
    )
    arguments = parser.parse_args()
    if not arguments.vyper.exists():
        print(f"no Vyper at {arguments.vyper}: run `make contracts`, or name one with --vyper")
        return 2
    built = {ARTIFACTS / f"{name}.json": build(arguments.vyper, name) for name in NAMES}
    return check(built) if arguments.check else write(built)


class _Raw(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    pass


def build(vyper: Path, name: str) -> str:
    """Compile one contract and return its artifact's text."""
    source = CONTRACTS / f"{name}.vy"
    command = [str(vyper), "-f", "abi,bytecode,bytecode_runtime", "--evm-version", EVM_VERSION]
    output = subprocess.run([*command, source], check=True, capture_output=True, text=True).stdout
    abi, creation, runtime = output.splitlines()
    version = subprocess.run(
        [vyper, "--version"], check=True, capture_output=True, text=True
    ).stdout
    artifact = {
        "contract": name,
        "compiler": f"vyper {version.strip()}",
        "evm_version": EVM_VERSION,
        "abi": json.loads(abi),
        "bytecode": creation,
        "runtime_bytecode": runtime,
    }
    return json.dumps(artifact, indent=1) + "\n"


def check(built: dict[Path, str]) -> int:
    """Compare with what is on disk."""
    stale = [path.name for path, text in built.items() if not _holds(path, text)]
    if stale:
        print(f"stale: {', '.join(stale)}: run `make contracts` and commit what it writes")
        return 1
    return 0


def write(built: dict[Path, str]) -> int:
    """Put the artifacts in their place."""
    ARTIFACTS.mkdir(exist_ok=True)
    for path, text in built.items():
        path.write_text(text)
        print(path.relative_to(ROOT))
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())

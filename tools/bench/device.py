"""Time, instructions, garbage and heap of sealing on the board's interpreter, for anyone to run again.

Everything runs on MicroPython's Unix port, in turns within one process, and its least time counts;
OpenSSL (`cryptography`) and libsecp256k1 (`coincurve`) stand beside it as the limit in C. `--json` prints
one object. `--keys` is how many random keys the instructions are counted for; it needs valgrind. The
least heap is found with .mpy files, as on a board; objects of the Unix port are twice the size. `--tables`
prints what each size of the comb's table costs instead.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coincurve
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools import build_mpy
from tools.bench.signing import count, peers
from tools.gen_signer import DEFAULT_TABLE
from tools.signer import table

from sealmote.sim.runtime import interpreter

BOARD = Path(__file__).resolve().parent / "signing" / "board.py"
INTERPRETER = interpreter.command()
ALGORITHMS = {"es256": -7, "es256k": -47}
PEERS = {"es256": "textbook double-and-add", "es256k": peers.EMBIT}
SECRET, DIGEST = b"\x37" * 32, bytes(range(32))
HEAPS = ("sign", "verify", "seal")

Report = dict[str, Any]


def measure(name: str, environment: dict[str, str], turns: int, keys: int) -> Report:
    """Return every figure of one algorithm."""
    compiled = _compiled(environment, DEFAULT_TABLE)
    alg = ALGORITHMS[name]
    found = _board(environment, "time", str(alg), str(turns))
    us, garbage = found["us"], found["garbage"]
    report: Report = {
        "sign_us": us["sign"],
        "peer": PEERS[name],
        "peer_us": us["peer"],
        "ratio": round(us["peer"] / us["sign"], 1),
        "garbage_bytes": garbage["sign"],
        "peer_garbage_bytes": garbage["peer"],
        "public_us": us["public"],
        "verify_us": us["verify"],
        "verify_over_sign": round(us["verify"] / us["sign"], 2),
        "seal_us": us["seal"],
        "seal_over_sign": round(us["seal"] / us["sign"], 2),
        "seal_garbage_bytes": garbage["seal"],
        "encode_us": us["encode"],
        "encode_garbage_bytes": garbage["encode"],
        "c_us": _in_c(name),
        "prototype_ratio": round(us["sign"] / us["prototype"], 2) if "prototype" in us else None,
        "least_heap_kib": {what: _least_heap(compiled, alg, what) for what in HEAPS},
    }
    return report | _counts(environment, alg, keys)


def _counts(environment: dict[str, str], alg: int, keys: int) -> Report:
    if not keys or not count.available():
        why = "not asked for" if not keys else "valgrind is not installed"
        return {"count_spread": None, "count_missing": why}
    own = count.signatures(INTERPRETER, environment, alg, keys, "us")
    peer = count.signatures(INTERPRETER, environment, alg, min(keys, 30), "peer")
    return {
        "instructions": min(own),
        "count_spread": count.spread(own),
        "count_keys": keys,
        "peer_instructions": min(peer),
        "peer_count_spread": count.spread(peer),
        "peer_count_keys": len(peer),
    }


def tables(environment: dict[str, str]) -> None:
    """Print the instructions and the least heap of a signature for every size of table."""
    print(f"{'bytes':>6}  blocks teeth spacing" + "".join(f"{n:>12} heap" for n in ALGORITHMS))
    for size, shape in sorted(table.SHAPES.items()):
        compiled = _compiled(environment, size)
        row = f"{size:6}  {shape[0]:6} {shape[1]:5} {shape[2]:7}"
        for alg in ALGORITHMS.values():
            least = min(count.signatures(INTERPRETER, compiled, alg, 2, "us"))
            row += f"{least:>12} {_least_heap(compiled, alg, 'sign'):4}"
        print(row, flush=True)


def _compiled(environment: dict[str, str], size: int) -> dict[str, str]:
    """Return the environment with the firmware compiled for this machine, in its peers' folder."""
    peers_folder = Path(environment["MICROPYPATH"].split(os.pathsep)[0])
    into = peers_folder / f"mpy-{size}"
    if not into.exists():
        architecture = interpreter.architecture(INTERPRETER)
        if architecture is None:
            raise RuntimeError(f"{INTERPRETER[0]} runs no native code: name another MicroPython")
        build_mpy.build(architecture, into, size)
    return environment | {"MICROPYPATH": os.pathsep.join([str(peers_folder), str(into)])}


def _board(environment: dict[str, str], *arguments: str) -> Report:
    command = [*INTERPRETER, str(BOARD), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stdout[-500:]}{done.stderr[-500:]}")
    found: Report = json.loads(done.stdout.splitlines()[-1])
    return found


def _least_heap(environment: dict[str, str], alg: int, what: str) -> int:
    """Return the fewest KiB of heap in which it works."""
    low, high = 16, 1024
    while high - low > 2:
        middle = (low + high) // 2
        command = [*INTERPRETER, "-X", f"heapsize={middle}k", str(BOARD), "heap", str(alg), what]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        low, high = (low, middle) if done.returncode == 0 else (middle, high)
    return high


def _in_c(name: str) -> float:
    """Return the microseconds of the same signature by OpenSSL or libsecp256k1."""
    if name == "es256k":
        key = coincurve.PrivateKey(SECRET)
        return _least(lambda: key.sign(DIGEST, hasher=None))
    openssl = ec.derive_private_key(int.from_bytes(SECRET, "big"), ec.SECP256R1())
    algorithm = ec.ECDSA(Prehashed(hashes.SHA256()))
    return _least(lambda: openssl.sign(DIGEST, algorithm))


def _least(act: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(500):
        start = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - start)
    return round(best * 1e6, 1)


def _table(found: Report) -> None:
    names = list(ALGORITHMS)
    print(f"{'':24}" + "".join(f"{name:>28}" for name in names))
    for field in found[names[0]] | found[names[1]]:
        print(f"{field:24}" + "".join(f"{_text(found[name].get(field)):>28}" for name in names))
    if found[names[0]]["prototype_ratio"] is None:
        print("The prototype is not beside the repository: prototype_ratio is not measured.")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {part}" for key, part in value.items())
    return f"{value:.6f}" if isinstance(value, float) and value < 0.1 else str(value)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--turns", type=int, default=200, help="how often each thing is timed")
    parser.add_argument("--keys", type=int, default=200, help="random keys to count with; 0: none")
    parser.add_argument("--tables", action="store_true", help="what each table size costs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            environment = peers.prepare(Path(folder))
        except peers.PeerMissingError as error:
            print(error, file=sys.stderr)
            return 1
        if options.tables:
            tables(environment)
            return 0
        found = {
            name: measure(name, environment, options.turns, options.keys) for name in ALGORITHMS
        }
    if options.json:
        print(json.dumps(found))
    else:
        _table(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())

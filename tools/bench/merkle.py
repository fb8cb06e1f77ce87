"""How fast the log grows: leaves a second into tiles, against bare SHA-256 and pymerkle.

    python tools/bench/merkle.py [--leaves N] [--batch N]

Prints one JSON object. `ratio` is our speed over that of the same hashes computed on ready-made
input (n leaves, n - 1 nodes), the floor that hashlib sets. pymerkle is measured where it is installed
(`pip install pymerkle`). Each figure is the best of five rounds, taken in turns.
"""

import argparse
import json
import time
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sealmote.log import merkle
from sealmote.log.tiles import WIDTH
from sealwire.cose import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
MESSAGE = 160  # bytes, a sealed reading of three values


def bare(messages: list[bytes], _batch: int) -> None:
    """Compute as many hashes of the same lengths, and nothing else."""
    leaf, node = b"\0" + messages[0], bytes(65)
    for _ in messages:
        sha256(leaf).digest()
    for _ in range(len(messages) - 1):
        sha256(node).digest()


def ours(messages: list[bytes], _batch: int) -> None:
    """Hash the messages and, as the gateway does, fold each full tile of 256 into its root."""
    row = [leaf_hash(message) for message in messages]
    while len(row) > 1:
        row = [merkle.root_of(row[at : at + WIDTH]) for at in range(0, len(row), WIDTH)]


def theirs(messages: list[bytes], batch: int) -> None:
    """Do the same with pymerkle's tree in memory."""
    tree = import_module("pymerkle").InmemoryTree(algorithm="sha256")
    for start in range(0, len(messages), batch):
        tree.append_entries(messages[start : start + batch])
        tree.get_root()


def proofs_per_second(messages: list[bytes]) -> float:
    """Return how many inclusion paths a second are made and verified from nodes in memory."""
    levels = [[leaf_hash(message) for message in messages]]
    while len(levels[-1]) > 1:
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=False)
        levels.append([merkle.node_hash(left, right) for left, right in pairs])
    size = len(messages)

    def read(level: int, index: int) -> bytes:
        return levels[level][index]

    root = merkle.root(read, size)
    indices = range(0, size, max(1, size // 2000))
    started = time.perf_counter()
    for index in indices:
        path = merkle.inclusion_path(read, index, size)
        merkle.verify_inclusion(levels[0][index], index, size, path, root)
    return len(indices) / (time.perf_counter() - started)


def measure(leaves: int, batch: int) -> dict[str, float | int]:
    """Return the figures, in leaves a second."""
    messages = [index.to_bytes(MESSAGE, "big") for index in range(leaves)]
    contenders: dict[str, Callable[[list[bytes], int], None]] = {"bare": bare, "ours": ours}
    if find_spec("pymerkle"):
        contenders["pymerkle"] = theirs
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            started = time.perf_counter()
            run(messages, batch)
            best[name] = min(best[name], time.perf_counter() - started)
    figures: dict[str, float | int] = {"leaves": leaves, "batch": batch}
    for name, seconds in best.items():
        figures[f"{name}_leaves_per_s"] = round(leaves / seconds)
    figures["ratio"] = round(best["bare"] / best["ours"], 3)
    figures["proofs_per_s"] = round(proofs_per_second(messages))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="how fast the log grows, against bare SHA-256")
    parser.add_argument("--leaves", type=int, default=100_000, help="leaves to append")
    parser.add_argument("--batch", type=int, default=1000, help="leaves that pymerkle gets at once")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.leaves, arguments.batch)))


if __name__ == "__main__":
    main()

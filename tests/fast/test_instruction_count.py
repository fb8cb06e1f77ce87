"""Counted by callgrind, a signature takes as many instructions whatever the key, nonce and message."""

from pathlib import Path

import pytest
from tools.bench.signing import count, peers

from needs import lacking
from sealwire.keys import ES256, ES256K

LIMIT = 0.0001


@pytest.fixture(scope="module", autouse=True)
def _valgrind() -> None:
    if not count.available():
        lacking("valgrind", "Debian: apt-get install valgrind")


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_the_count_does_not_tell_the_key(alg: int, micropython: list[str], tmp_path: Path) -> None:
    counts = count.signatures(micropython, peers.prepare(tmp_path), alg, 12, "us")
    assert len(set(counts)) < 12
    assert min(counts) > 2_000_000, "these are not whole signatures"
    assert count.spread(counts) <= LIMIT


def test_the_count_tells_embits_keys(micropython: list[str], tmp_path: Path) -> None:
    """What is not constant shows: the method sees it."""
    counts = count.signatures(micropython, peers.prepare(tmp_path), ES256K, 5, "peer")
    assert count.spread(counts) > 100 * LIMIT

"""The application lives in little heap, its firmware compiled and its signer native."""

from pathlib import Path

from tools.campaign.peer import Peer
from tools.footprint import HEAP_KIB as HEAP_BY_BITS
from tools.footprint import Bench

from sealmote.sim import Fault

HEAP_KIB = HEAP_BY_BITS[64]
"""Of the application alone, on the only interpreter that is installed everywhere.

Its objects are twice an ESP32's, its bytecode and texts are not: the least is 133 KiB where a 32-bit one
needs 96 (docs/decisions/heap.md). The rest is room for what a change may add.
"""


def test_the_application_lives_in_little_heap(tmp_path: Path, peer: Peer) -> None:
    lived = Bench(tmp_path, peer).live(70, HEAP_KIB)
    assert lived.sound, lived


def test_what_an_outage_left_is_sent_in_as_little(tmp_path: Path, peer: Peer) -> None:
    outage = Fault("wifi-lost", at=300, lasts=2400)
    lived = Bench(tmp_path, peer).live(70, HEAP_KIB, (outage,))
    assert lived.sound, lived


def test_too_little_heap_is_seen(tmp_path: Path, peer: Peer) -> None:
    assert not Bench(tmp_path, peer).live(2, 100).sound


def test_what_is_loaded_is_counted(tmp_path: Path, peer: Peer) -> None:
    stages = Bench(tmp_path, peer).stages()
    assert 30_000 < stages["application"] < stages["signer"] < stages["sensors"] < HEAP_KIB * 1024

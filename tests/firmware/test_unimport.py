"""Modules that a phase loads are gone after it, whatever happens in it; readings do not depend on them."""

import ast
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network

FIRMWARE = Path(__file__).parents[2] / "firmware"

SETUP = """
import asyncio, gc, sys
from mote.unimport import Unimport

def there():
    names = ("mote.storage.delta", "mote.configuration.url", "mote.log")
    return sorted([name for name in sys.modules if name in names])
"""

KINDS = {
    "what a block loads goes, and works on where it is held": (
        """
with Unimport():
    from mote.storage import delta
    import mote
    print(json.dumps([there(), hasattr(mote, "storage")]))
print(json.dumps([there(), hasattr(mote, "storage"), delta.encode(b"same", b"same") == b"\\x04\\x00"]))
""",
        [[["mote.storage.delta"], True], [[], False, True]],
    ),
    "what was there before stays": (
        """
from mote.storage import delta
with Unimport():
    from mote.configuration import url
    from mote.storage import delta
print(json.dumps(there()))
""",
        [["mote.storage.delta"]],
    ),
    "what has a state stays": (
        """
with Unimport():
    from mote import log
print(json.dumps(there()))
""",
        [["mote.log"]],
    ),
    "an error goes on, and the modules go": (
        """
try:
    with Unimport():
        from mote.storage import delta
        raise MemoryError("of the phase")
except MemoryError as error:
    print(json.dumps([str(error), there()]))
""",
        [["of the phase", []]],
    ),
    "one is within another": (
        """
with Unimport():
    from mote.storage import delta
    with Unimport():
        from mote.configuration import url
        from mote.storage import delta
    print(json.dumps(there()))
print(json.dumps(there()))
""",
        [["mote.storage.delta"], []],
    ),
    "two that overlap leave nothing, and neither fails": (
        """
async def first():
    with Unimport():
        from mote.storage import delta
        await asyncio.sleep_ms(20)
    print(json.dumps(there()))
    return delta.encode(b"a", b"a")

async def second():
    await asyncio.sleep_ms(10)
    with Unimport():
        from mote.configuration import url
        from mote.storage import delta
        await asyncio.sleep_ms(20)
        from mote.configuration import url
    return delta.encode(b"a", b"a") + url.parse_url("http://host").host.encode()

async def both():
    return await asyncio.gather(first(), second())

print(json.dumps([found.decode() for found in asyncio.run(both())] + there()))
""",
        [[], ["\x01\x00", "\x01\x00host"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_modules_pass(micropython: Any, kind: str) -> None:
    script, said = KINDS[kind]
    assert micropython(SETUP + script) == said


def test_their_heap_comes_back(micropython: Any) -> None:
    script = """
def used():
    gc.collect()
    return gc.mem_alloc()

def phase():
    with Unimport():
        from mote.storage import delivery_record
        return used()

phase()  # its names stay: the interpreter keeps each for good
before, during, after = used(), phase(), used()
print(json.dumps([during - before > 2000, after - before < 300]))
"""
    assert micropython(SETUP + script) == [[True, True]]


@pytest.mark.parametrize("path", sorted(FIRMWARE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_block_waits(path: Path) -> None:
    """A task that waited in one would have another's modules given back, or keep its own too long."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.With) and "Unimport()" in [ast.unparse(i) for i in node.items]:
            assert not any(isinstance(inner, ast.Await) for inner in ast.walk(node)), node.lineno


def test_an_acknowledgement_that_cannot_be_checked_costs_no_reading(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
    board.install(config=board_config)
    source = board.read_file("/sealwire/ack_parser.py")
    board.remove_file("/sealwire/ack_parser.py")
    live(board, 60)
    assert "no module named 'sealwire.ack_parser'; kept=" in "\n".join(board.serial.history)
    board.write_file("/sealwire/ack_parser.py", source)
    live(board, 60)
    numbers = sorted(stub_gateway.numbers())
    assert numbers == [(boot, sequence) for boot in (1, 2) for sequence in range(4)]
    assert "kept=0" in "\n".join(board.serial.history)

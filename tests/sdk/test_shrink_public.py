"""On an image everything public has its name, and the documented drivers find what they import."""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealmote import shrink
from sealmote.shrink import sources
from sealmote.sim import Board
from sealmote.sim.storage import firmware

_ROOT = Path(__file__).parents[2]
_LOOK = """
import sys
class esp:
    pass
sys.modules["esp"] = esp  # a board at a port has it
for module, names in %r:
    found = __import__(module, None, None, ("",))
    for name, members in names:
        whole = getattr(found, name)
        for member in members:
            getattr(whole, member)
    print(module, len(names))
"""


def names_of(source: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield what a module has under names without an underscore, and of classes the methods."""
    for node in ast.parse(source).body:
        match node:
            case ast.ClassDef(name=name, body=body):
                yield name, [inner.name for inner in body if isinstance(inner, ast.FunctionDef)]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, []
            case ast.Assign(targets=[ast.Name(id=name)]) if name != "__all__":
                yield name, []
            case ast.ImportFrom(names=aliases):
                yield from ((alias.name, []) for alias in aliases if alias.asname == alias.name)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Board:
    """Return a board that has what an image has."""
    board = Board.create(tmp_path_factory.mktemp("image") / "board")
    board.install(compiled=True)
    return board


def test_everything_public_has_its_name_on_an_image(image: Board) -> None:
    files = firmware.files()
    wanted = {
        name: [found for found in names_of(files[module.path]) if found[0][0] != "_"]
        for name, module in sources.parse(files).items()
        if not module.native
    }
    assert len(wanted) > 80
    for module, names in shrink.public_names(files).items():
        assert set(names) <= {name for name, _ in wanted[module]}, module
    printed = image.exec(_LOOK % list(wanted.items()), 60)
    assert printed.splitlines() == [f"{name} {len(names)}" for name, names in wanted.items()]


def documented_drivers() -> Iterator[str]:
    """Yield the drivers that stand in the source and in the guide, whole."""
    described = ast.get_docstring(
        ast.parse((_ROOT / "firmware/mote/sensors/__init__.py").read_text())
    )
    for text in (described or "", (_ROOT / "docs/guides/sensors.md").read_text()):
        for block in re.findall(r"(?:^    .*\n|^\n)+", text + "\n", re.MULTILINE):
            if "class Driver:" in block:
                yield textwrap.dedent(block)


def test_the_guide_says_what_a_driver_may_import() -> None:
    guide = (_ROOT / "docs/guides/sensors.md").read_text()
    table = re.findall(r"^\| `from (\S+) import (.*?)` \|", guide, re.MULTILINE)
    said = {module: names.split(", ") for module, names in table}
    assert said == shrink.public_names(firmware.files())


def test_documented_drivers_find_what_they_import_on_an_image(image: Board) -> None:
    drivers = list(documented_drivers())
    assert len(drivers) >= 3
    image.write_file(
        "/lib/own.py",
        b"from mote.errors import SensorError\nfrom mote.log import Log\n"
        b"from mote.uptime import milliseconds, seconds\nfrom sealwire.senml import Record\n"
        b"def read():\n    Log('own').warning('%d s' % seconds())\n"
        b"    return Record('t', 'Cel', 215, -1), milliseconds(), SensorError('x')\n",
    )
    names = [re.findall(r'^    name = "(\w+)"$', driver, re.MULTILINE)[0] for driver in drivers]
    for name, driver in zip(names, drivers, strict=True):
        image.write_file(f"/lib/{name}.py", driver.encode())
    code = "".join(f"import {name}\nprint({name}.Driver.name)\n" for name in names)
    printed = image.exec(code + "import own\nprint(own.read())\n", 60)
    assert re.search(r"^W .* own: 0 s$", printed, re.MULTILINE)
    assert "t=21.5Cel" in printed
    assert "Error" not in printed.replace("SensorError('x',)", "")

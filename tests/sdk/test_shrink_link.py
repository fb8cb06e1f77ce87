"""The application in one module: it does what it did, and what nobody names is not there."""

import ast
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sealmote import shrink
from sealmote.shrink import sources
from sealmote.shrink.link import link
from sealmote.shrink.strip import strip

MAIN = "from mote import log\nfrom mote import app\napp.run()\n"
LOG = "lines = 0\n\ndef say(*words):\n    global lines\n    lines += 1\n    print(lines, *words)\n"


def files_of(**modules: str) -> dict[str, bytes]:
    """Return a firmware: ``app`` and others in `mote`, beside what every one has."""
    given = {f"/mote/{name}.py": textwrap.dedent(text) for name, text in modules.items()}
    packages = {"/mote/__init__.py": "", "/mote/log.py": LOG}
    device = {"/mote/device.py": "class Device:\n    pass\n"}
    found = {"/main.py": MAIN, **packages, **device, **given}
    return {path: text.encode() for path, text in found.items()}


def said(files: dict[str, bytes], folder: Path) -> str:
    for path, content in files.items():
        place = folder / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def linked(files: dict[str, bytes], folder: Path) -> str:
    """Return the core, after it has done what the sources do."""
    modules = sources.parse(files)
    for module in modules.values():
        strip(module)
    link(modules, [ast.parse(files["/main.py"])])
    spoken = said(files, folder / "before")
    assert "Traceback" not in spoken
    small = {module.path: sources.render(module) for module in modules.values()}
    assert said(files | small, folder / "after") == spoken
    return small["/mote/core.py"].decode()


def test_definitions_of_several_modules_become_one(tmp_path: Path) -> None:
    core = linked(
        files_of(
            app="""
                from mote.log import say
                from . import shelf
                from .shelf import Box as Case, SIZE

                def run():
                    say(shelf.size(), Case(3).grown(), SIZE + shelf.STEP)
            """,
            shelf="""
                from mote import log
                SIZE = 1 << 4
                STEP, _BACK = 2, -2
                _kept = []

                def size():
                    _kept.append(1)
                    return SIZE * len(_kept) + _BACK

                class Box:
                    wide = SIZE
                    def __init__(self, by):
                        self.by = by
                    def grown(self):
                        log.say("grown", log.lines)
                        return self.by * STEP + self.wide
                    def unused(self):
                        return self.by
            """,
        ),
        tmp_path,
    )
    assert "16 * len(_kept) + -2" in core
    assert "unused" in core  # a driver may call it
    assert "SIZE" not in core


def test_a_name_of_a_functions_own_stays_its_own(tmp_path: Path) -> None:
    core = linked(
        files_of(
            app="""
                from . import shelf, table
                from .log import say

                def size(room=shelf.size()):
                    return [table for table in range(room)]

                def run():
                    size = shelf.size() + table.size()
                    log = lambda say: say + size
                    try:
                        raise ValueError(3)
                    except ValueError as shelf_size:
                        say(size, log(1), str(shelf_size), {size: 1 for size in [shelf.size()]})
                    say(*globals_of(4))

                def globals_of(size):
                    def inner():
                        nonlocal size
                        size += 1
                        return size, table.size()
                    return inner()
            """,
            shelf="def size():\n    return 5\n",
            table="def size():\n    return 7\n",
        ),
        tmp_path,
    )
    assert core.count("def ") == 6


def test_a_comprehensions_first_iterable_stands_outside_of_it(tmp_path: Path) -> None:
    core = linked(
        files_of(
            app="""
                from .log import say
                from .shelf import found as size
                from . import shelf

                def found():
                    return [1]

                def run():
                    say([size for size in size()], {found for found in found() for found in [found]})
                    say(sum(shelf for shelf in shelf.found()), [f() for f in [lambda: found()]])
                    say([last := one for one in found()], last)
            """,
            shelf="def found():\n    return [2, 3]\n",
        ),
        tmp_path,
    )
    assert "for size in shelf_found()" in core


def test_a_class_decorator_is_a_name_like_any_other(tmp_path: Path) -> None:
    core = linked(
        files_of(
            app="""
                from .shelf import marked
                from . import shelf

                @marked
                @shelf.counted(shelf.STEP)
                class Box:
                    @shelf.made
                    def size(self, by=shelf.STEP):
                        return by

                def run():
                    print(shelf.found, Box.mark, Box().size)
            """,
            shelf="""
                STEP = 3
                found = []

                def marked(made):
                    made.mark = True
                    return made

                def counted(by):
                    def counting(made):
                        found.append(by)
                        return made
                    return counting

                def made(function):
                    return property(function)
            """,
        ),
        tmp_path,
    )
    assert "@marked\n@counted(3)\nclass Box" in core


def test_a_classs_names_are_seen_in_its_body_alone(tmp_path: Path) -> None:
    linked(
        files_of(
            app="""
                from .log import say
                from . import shelf

                class Box:
                    own = 1
                    twice = own + 1
                    each = [one for one in [own, twice]]
                    def size(self):
                        return shelf.found(), [found() for _ in "a"]

                def found():
                    return "the module's"

                def run():
                    say(Box.each, Box().size())
            """,
            shelf="def found():\n    return 5\n\ndef own():\n    return 6\n",
        ),
        tmp_path,
    )


def test_what_is_imported_inside_a_function_stays_a_module(tmp_path: Path) -> None:
    files = files_of(
        app="""
            from . import shelf

            def run():
                from .rare import rarely
                from . import shelf as again
                rarely(shelf.Box("a"))
                print(again.Box("b").name)
        """,
        rare="""
            from .log import say
            from .shelf import Box, EDGE
            from . import shelf

            def rarely(box):
                say(isinstance(box, Box), box.opened(), isinstance(shelf.Box(""), Box))
                say(EDGE, shelf.unused())
        """,
        shelf="""
            EDGE = 9

            class Box:
                def __init__(self, name):
                    self.name = name
                def opened(self):
                    return self.name + "!"

            def unused():
                return Box("u").opened()
        """,
    )
    core = linked(files, tmp_path)
    assert "rarely(Box('a'))" in core
    assert "def rarely" not in core


def test_state_is_one_whoever_changes_it(tmp_path: Path) -> None:
    linked(
        files_of(
            app="""
                from . import counter
                from .log import say

                def run():
                    counter.more()
                    from . import rare
                    say(rare.more_still(), counter.more())
            """,
            counter="""
                _count = 0
                def more():
                    global _count
                    _count += 1
                    return _count
            """,
            rare="from .counter import more\ndef more_still():\n    return more()\n",
        ),
        tmp_path,
    )


def test_what_does_more_than_define_stays_whole(tmp_path: Path) -> None:
    files = files_of(
        app="from .port import kind\nfrom .log import say\ndef run():\n    say(kind)\n",
        port="try:\n    import machine\n    kind = 1\nexcept ImportError:\n    kind = 2\n",
    )
    assert "from mote.port import kind" in linked(files, tmp_path)


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        (
            {"app": "from . import shelf\ndef run():\n    shelf.gone()\n", "shelf": "A = 1\n"},
            "mote.app: shelf.gone names nothing that mote.shelf defines",
        ),
        (
            {
                "app": "from . import port, shelf\ndef run():\n    shelf.f(port.kind)\n",
                "port": "from .shelf import f\nif f:\n    kind = 1\n",
                "shelf": "def f(a):\n    return a\n",
            },
            "the application loads mote.port at its start, and that needs mote.shelf",
        ),
        ({"app": "def run(:\n"}, "/mote/app.py, line 1: "),
        (
            {"app": "size = 1\nclass A:\n    size = size\ndef run():\n    A()\n"},
            "mote.app: size is the class A's and the module's: rename one",
        ),
        (
            {"app": "def run():\n    global count\n    count = 1\n"},
            "mote.app: global count is not defined at the top level: define it there",
        ),
    ],
)
def test_what_cannot_be_linked_is_refused(modules: dict[str, str], complaint: str) -> None:
    with pytest.raises(shrink.ShrinkError) as caught:
        shrink.shrunk(files_of(**modules))
    assert complaint in str(caught.value)


def test_a_firmware_of_ones_own_without_the_application_stays_as_it_is() -> None:
    files = {"/main.py": b"import own\n", "/own/__init__.py": b'"""Text."""\n\nA: int = 1\n'}
    assert shrink.shrunk(files) == files


def test_the_same_sources_give_the_same_bytes() -> None:
    program = (
        "from sealmote import shrink; from sealmote.sim.storage import firmware; import sys, hashlib;"
        "print(hashlib.sha256(repr(shrink.shrunk(firmware.files())).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1

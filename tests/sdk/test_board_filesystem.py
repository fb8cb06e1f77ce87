"""littlefs images: MicroPython mounts them, and a board with another filesystem's leavings does too."""

import random
import subprocess
from pathlib import Path

import pytest

from sealmote.board.errors import ImageError
from sealmote.board.images import filesystem
from sealmote.sim.runtime import interpreter

SIZE = 2 * 1024 * 1024
FILES = {
    "/main.py": b"print('main')\n",
    "/mote/app.mpy": bytes(range(256)) * 40,
    "/mote/deep/er.mpy": b"x" * 5000,
    "/empty": b"",
}

# The block device that MicroPython is given, and what it finds: one line for each file.
_READ = """
import os, sys, hashlib
class Device:
    def __init__(self, path):
        self.data = bytearray(open(path, "rb").read())
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        raise OSError(5)
    def ioctl(self, operation, argument):
        return {4: len(self.data) // 4096, 5: 4096}.get(operation, 0)
os.mount(os.VfsLfs2(Device(sys.argv[1]), readsize=32, progsize=32, lookahead=32), "/board", readonly=True)
def show(folder):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if kind == 0x4000:
            show(path)
        else:
            print(path[6:], hashlib.sha256(open(path, "rb").read()).digest().hex())
show("/board")
"""


def as_micropython_reads(image: bytes, folder: Path) -> dict[str, str]:
    (folder / "vfs").write_bytes(image)
    (folder / "read.py").write_text(_READ)
    command = [*interpreter.command(None), "-X", "heapsize=16m"]
    done = subprocess.run(
        [*command, str(folder / "read.py"), str(folder / "vfs")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split(" ") for line in done.stdout.splitlines())


def expected() -> dict[str, str]:
    from hashlib import sha256

    return {path: sha256(content).hexdigest() for path, content in FILES.items()}


def test_micropython_reads_what_was_made(tmp_path: Path) -> None:
    assert as_micropython_reads(filesystem.make(FILES, SIZE), tmp_path) == expected()


def test_only_what_is_in_use_is_written_whatever_was_there(tmp_path: Path) -> None:
    """Over the leavings of a busier filesystem, whose blocks carry higher revisions."""
    busier = {f"/mote/{n}": random.Random(n).randbytes(6000) for n in range(200)}
    flash = bytearray(filesystem.make({**busier, **FILES, "/main.py": b"old\n" * 900}, SIZE))
    image = filesystem.make(FILES, SIZE)
    written = 0
    for offset, data in filesystem.in_use(image):
        flash[offset : offset + len(data)] = data
        written += len(data)
    assert as_micropython_reads(bytes(flash), tmp_path) == expected()
    assert written < SIZE // 10


def test_the_order_of_the_files_does_not_matter() -> None:
    backwards = dict(reversed(FILES.items()))
    assert filesystem.make(backwards, SIZE) == filesystem.make(FILES, SIZE)


def test_files_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ImageError, match="do not fit"):
        filesystem.make({"/large": b"x" * SIZE}, SIZE)


def test_names_are_read_lazily() -> None:
    image = filesystem.make({**FILES, "/outbox/00000001.seg": b"x" * 9000}, SIZE)
    asked: list[int] = []

    def read(offset: int, length: int) -> bytes:
        asked.append(offset // length)
        return image[offset : offset + length]

    assert filesystem.names(read, SIZE, "/outbox") == ["00000001.seg"]
    assert filesystem.names(read, SIZE, "/nothing") == []
    assert len(asked) < 20


def test_what_is_no_filesystem_has_no_names() -> None:
    noise = random.Random(3).randbytes(SIZE)
    assert filesystem.names(lambda at, size: noise[at : at + size], SIZE, "/outbox") is None
    assert filesystem.names(lambda _, size: b"\xff" * size, SIZE, "/outbox") is None

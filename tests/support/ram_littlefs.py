"""For tests on MicroPython: a littlefs in RAM whose block device writes down all it does."""

# Put before a script; it mounts at /ram and brings the outbox with it.
SETUP = """
import gc, os, vfs
from mote.storage import frame_reader
from mote.storage.outbox import Outbox
from hashlib import sha256
from sealwire import ack, cose

BLOCK = 4096
ANSWER = bytes(range(200))  # an acknowledgement, as far as an outbox looks at it
DIGEST = sha256(ANSWER).digest()

class Ram:
    def __init__(self, blocks, data=None):
        self.data = data or bytearray(b"\\xff" * blocks * BLOCK)
        self.journal = None  # a list writes down what happens
    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        self._do((block * BLOCK + offset, bytes(buffer)))
    def ioctl(self, op, argument):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self._do((argument * BLOCK, None))
        return 0
    def _do(self, entry):
        if self.journal is not None:
            self.journal.append(entry)
        apply(self.data, entry)

def apply(data, entry, torn=False):
    at, written = entry
    size = BLOCK if written is None else len(written)
    if torn:
        size //= 2
    data[at : at + size] = b"\\xff" * size if written is None else written[:size]

def lfs(device):
    # The geometry that the ESP32 port mounts with.
    return vfs.VfsLfs2(device, readsize=32, progsize=32, lookahead=32)

def fresh(blocks):
    device = Ram(blocks)
    vfs.VfsLfs2.mkfs(device, readsize=32, progsize=32, lookahead=32)
    vfs.mount(lfs(device), "/ram")
    return device

def sealed(number, size=150):
    body = b"%06d" % number
    while len(body) < size:  # unlike any other, as a signature is
        body += sha256(body).digest()
    return body[:size]

def starts(path):
    # Where the frames of a sound segment begin, and where it ends.
    with open(path, "rb") as file:
        _, first = frame_reader.read_reference(file)
        size = os.stat(path)[6]
        return [first] + [end for _, _, end in frame_reader.frames(file, first, size)]

def hit(path, *places):
    with open(path, "r+b") as file:
        for at in places:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x10]))

def waiting(outbox):
    found, batch = [], outbox.peek(1000, 1 << 30)
    return [(kept.boot, kept.sequence) for kept in batch]

def accept(batch):
    return {cose.leaf_hash(kept.message): (ack.ACCEPTED, None) for kept in batch}

def say(*values):
    print(json.dumps(values))
"""

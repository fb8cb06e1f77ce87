"""What keeping readings costs the flash: erases and programmed bytes a reading, and years of life.

A filesystem of the size of a board's data partition is mounted in MicroPython over a block device that
counts, and the firmware's own outbox works on it:

    steady   each reading is kept, acknowledged and let go of before the next
    outage   readings are kept until the outbox is full, and as many again, the oldest giving way

    python tools/wear.py --readings 2000 --json
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sealmote import flash_layout
from sealmote.board.images import filesystem
from sealmote.crypto import Signer
from sealmote.sim.runtime import interpreter
from sealwire import message
from sealwire.keys import ES256
from sealwire.senml import Pack, Record

FIRMWARE = Path(__file__).parents[1] / "firmware"
ERASE_CYCLES = 100_000  # a sector's endurance: GD25Q32, W25Q32 and other boards' flash datasheets
MINUTES_A_YEAR = 525_960

ON_MICROPYTHON = """
import gc, json, os, struct, vfs
from hashlib import sha256
from mote import log
from mote.storage import outbox as module
from sealwire import ack, cose

BLOCK, OUTBOX = 4096, "/data/outbox"
log.set_level("E")

class Flash:
    def __init__(self, image):
        self.data = image
        self.reset()
    def reset(self):
        self.erases = [0] * (len(self.data) // BLOCK)
        self.programmed = 0
    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * BLOCK + offset
        self.programmed += len(buffer)
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, op, argument):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self.erases[argument] += 1
        return 0

def readings():
    at = 0
    while at < len(messages):
        size = struct.unpack_from(">H", messages, at)[0]
        yield messages[at + 2 : at + 2 + size]
        at += 2 + size

def settle(batch):
    results = {cose.leaf_hash(kept.message): (ack.ACCEPTED, None) for kept in batch}
    outbox.settle(batch, results, sha256(batch[0].message).digest())

def report(phase, count, **more):
    more.update(phase=phase, readings=count, erases=sum(flash.erases), worst=max(flash.erases),
                programmed=flash.programmed, free_blocks=os.statvfs("/data")[3])
    print(json.dumps(more))
    flash.reset()

with open("image.bin", "rb") as file:
    flash = Flash(bytearray(file.read()))
with open("messages.bin", "rb") as file:
    messages = file.read()
vfs.mount(vfs.VfsLfs2(flash, readsize=32, progsize=32, lookahead=32), "/data")
limit = module.room(OUTBOX)
outbox = module.Outbox(OUTBOX, limit)
steady = readings()
for n in range(STEADY):
    outbox.append(1, n, next(steady))
    settle(outbox.peek(1, 1 << 20))
report("steady", STEADY, max_bytes=limit)
size = full = 0
for reading in readings():
    outbox.append(2, size, reading)
    size += 1
    if not full and outbox.kept < size:
        full = outbox.kept
        report("filling", size - 1)
        size_when_full = size
    if full and size == ROUNDS * size_when_full:
        break
if ROUNDS > 1:
    report("outage", size - size_when_full)
"""


def messages(count: int) -> bytes:
    """Return readings as a board with a BME280 seals them, each behind its length (u16)."""
    key = Signer.generate(ES256)
    made = bytearray()
    for number in range(count):
        now = 1_800_000_000 + 60 * number
        values = [
            Record("t", "Cel", 2100 + number * 7 % 400, -2),
            Record("h", "%RH", 4500 + number * 13 % 900, -2),
            Record("p", "Pa", 98_000 + number * 11 % 3000),
            Record("chip", "Cel", 480 + number % 60, -1),
        ]
        sealed = message.seal(key, Pack(now, values), 3, number, now)
        made += len(sealed).to_bytes(2, "big") + sealed
    return bytes(made)


def measure(steady: int, rounds: int = 2) -> list[dict[str, Any]]:
    """Return what each phase came to; with one round, what there was until the outbox was full."""
    with tempfile.TemporaryDirectory() as folder:
        data = flash_layout.layout().partition("data")  # of a board with 4 MB
        image = filesystem.make({"/config.json": b"{}"}, data.size)
        Path(folder, "image.bin").write_bytes(image)
        Path(folder, "messages.bin").write_bytes(messages(40_000))
        script = Path(folder, "script.py")
        script.write_text(f"STEADY, ROUNDS = {steady}, {rounds}\n" + ON_MICROPYTHON)
        done = subprocess.run(
            [*interpreter.command(), "-X", "heapsize=64m", str(script)],
            env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def years(readings: int, erases: float) -> float:
    """Return how long a block lasts, at a reading a minute, that is erased so often in `readings`."""
    return round(ERASE_CYCLES * readings / erases / MINUTES_A_YEAR, 1)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readings", type=int, default=2000, help="in the steady phase")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    steady, filling, outage = measure(min(options.readings, 40_000))
    found: dict[str, Any] = {
        "max_bytes": steady["max_bytes"],
        "held": filling["readings"],
        "days": round(filling["readings"] / 1440, 1),
        "free_blocks": steady["free_blocks"],
    }
    for phase in (steady, outage):
        name = phase["phase"]
        count = phase["readings"]
        found[f"{name}_erases"] = round(phase["erases"] / count, 3)
        found[f"{name}_programmed"] = round(phase["programmed"] / count)
        # littlefs takes free blocks in turn: those that hold nothing lasting wear alike in the end.
        found[f"{name}_years"] = years(count, phase["erases"] / steady["free_blocks"])
        found[f"{name}_years_worst_block"] = years(count, phase["worst"])
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    for name, value in found.items():
        sys.stdout.write(f"{name:20} {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

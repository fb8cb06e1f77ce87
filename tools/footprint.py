"""Measures the application's heap: 1,000 readings in so much, the least there is, heap by stage.

    python tools/footprint.py --json                        on this installation's interpreter
    python tools/footprint.py --micropython build-32/micropython --json
    python tools/footprint.py --micropython build-32/micropython --tls

An ESP32's objects have the size of those of a 32-bit interpreter (`tools/micropython32.py` builds one);
a 64-bit one's are twice as large. The firmware is compiled as for a board's image and boots as on one;
native code is loaded as an ESP32 does, a function at a time through one block of the heap. The heap is
the application's own: what the simulator's modules take is not counted. With --frozen the interpreter has
the firmware in itself (`firmware/manifest.py`), and the board's filesystem has only boot.py and main.py.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.campaign import workload
from tools.campaign.certificate import self_signed
from tools.campaign.peer import NAME, PORT, Mailbox, Peer

from sealmote.sim import Board, Conditions, Fault, Weather
from sealmote.sim.errors import BoardCrashedError, BoardTimeoutError
from sealmote.sim.runtime import interpreter
from sealmote.sim.runtime.launcher import DEVICE, Spawner
from sealmote.sim.storage.compiling import compile_folder

KIB = 1024
HEAP_KIB = {32: 98, 64: 144}
"""What the application has to live in, by the interpreter's bits: docs/decisions/heap.md."""
_CA = "/data/ca.der"
_PERIOD_S = 60
_WITHIN_S = 300.0  # of real time, for one life
_MOST_KIB, _STEP_KIB = 256, 1  # where the search begins, and how fine it is
_SEARCH_READINGS = 40
_END = re.compile(
    r"app: done|MemoryError|memory allocation failed|in plain Python|restarting in|Traceback"
)
_SIZES = re.compile(r"^\[[\d, ]+\]$", re.MULTILINE)

# What a board with a BME280 has loaded when it may begin, when it can sign, and when it samples.
_STAGES = {
    "application": "import mote.app\n",
    "signer": "import sealwire.fast.field_p256, sealwire.fast.comb_p256, sealwire.fast.engine\n",
    "sensors": "import mote.sensors.bme280, mote.sensors.chip\n",
}


@dataclass(frozen=True)
class Lived:
    """A life in ``heap_kib``: how many readings were acknowledged."""

    heap_kib: int
    readings: int
    acknowledged: int
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether every reading, and the boot's statement, came through."""
        return self.acknowledged == self.readings + 1


class Bench:
    """Boards in ``folder`` beside one peer.

    ``micropython``: the interpreter's binary, None for this installation's · ``ca``: the certificate
    (DER) by which boards know a peer that speaks TLS · ``frozen``: the interpreter has the firmware.
    """

    def __init__(
        self,
        folder: Path,
        peer: Peer,
        micropython: str | None = None,
        ca: bytes = b"",
        *,
        frozen: bool = False,
    ) -> None:
        self._folder, self._peer, self._made = folder, peer, 0
        self._ca, self._frozen = ca, frozen
        self._launcher = Spawner(interpreter.command(micropython))
        self.bound_kib = HEAP_KIB[_bits(self._launcher.command)]
        self._launcher.device = folder / "simulator"
        architecture = interpreter.architecture(self._launcher.command)
        compile_folder(DEVICE, self._launcher.device, architecture)

    def live(self, readings: int, heap_kib: int, faults: tuple[Fault, ...] = ()) -> Lived:
        """Have a new board live from its first boot on until it has sent that many readings."""
        began = time.monotonic()
        board = self._board(readings)
        mailbox = self._peer.turn_to(Mailbox(board.flash_path, board.shared_state))
        with board:
            conditions = self._conditions(heap_kib * KIB)
            board.start(replace(conditions, faults=faults))
            try:
                found = board.serial.wait_for(_END.pattern, _WITHIN_S)[0]
                while found == "app: done" and len(mailbox.received) <= readings:
                    time.sleep(0.05)
                    if time.monotonic() - began > _WITHIN_S:
                        break
            except (BoardCrashedError, BoardTimeoutError):
                pass  # what it sent until then is the verdict
        seconds = round(time.monotonic() - began, 1)
        return Lived(heap_kib, readings, len(mailbox.received), seconds)

    def least(self) -> int:
        """Search for the least heap, in KiB, in which the application runs."""
        low, high = 0, _MOST_KIB
        while high - low > _STEP_KIB:
            middle = (low + high) // 2
            if self.live(_SEARCH_READINGS, middle).sound:
                high = middle
            else:
                low = middle
        return high

    def stages(self) -> dict[str, int]:
        """Bytes of heap after each stage's imports."""
        return dict(zip(_STAGES, self._after(list(_STAGES.values())), strict=True))

    def _after(self, steps: list[str]) -> list[int]:
        """Bytes of heap in use after each of some snippets, beyond what the first line finds."""
        look = "gc.collect()\nsizes[%d] = gc.mem_alloc()\n"
        code = f"import gc\nsizes = [0] * {len(steps) + 1}\n" + look % 0
        code += "".join(step + look % (place + 1) for place, step in enumerate(steps))
        printed = self._board(1).exec(code + "print(sizes)\n", 60, self._conditions(None))
        found = _SIZES.search(printed)
        if found is None:
            raise RuntimeError(f"the board could not load it: {printed[-500:]}")
        first, *sizes = json.loads(found[0])
        return [size - first for size in sizes]

    def _board(self, readings: int) -> Board:
        self._made += 1
        weather = Weather.constant(21.5, 45.0, 99000)
        folder = self._folder / str(self._made)
        board = Board.create(folder, wifi=[workload.WIFI], weather=weather, launcher=self._launcher)
        board.install(None, _config(readings, tls=bool(self._ca)), compiled=True)
        if self._ca:
            board.write_file(_CA, self._ca)
        if self._frozen:
            for package in ("/mote", "/sealwire"):
                board.remove_file(package)
        return board

    def _conditions(self, heap_bytes: int | None) -> Conditions:
        hosts = self._peer.hosts
        return Conditions(virtual=True, seed=1, hosts=hosts, heap_bytes=heap_bytes)


def _bits(command: list[str]) -> int:
    code = "import sys\nprint(64 if sys.maxsize > 1 << 32 else 32)"
    done = subprocess.run([*command, "-c", code], capture_output=True, check=True, text=True)
    return int(done.stdout)


def _config(readings: int, *, tls: bool) -> dict[str, Any]:
    """Return a configuration as users have it: every default but the names."""
    whole = workload.config(_PERIOD_S)
    if tls:
        whole["gateway"] |= {"url": f"https://{NAME}:{PORT}", "ca": _CA}
    sample = {"period_s": _PERIOD_S, "count": readings, "sensors": ["bme280", "chip"]}
    return {name: whole[name] for name in ("wifi", "gateway", "ntp")} | {"sample": sample}


def main() -> int:
    """Return 0 if the application lived in the heap that was named."""
    options = _options()
    context, ca = self_signed(NAME) if options.tls else (None, b"")
    peer = Peer(context)
    try:
        with tempfile.TemporaryDirectory(prefix="footprint-") as folder:
            bench = Bench(Path(folder), peer, options.micropython, ca, frozen=options.frozen)
            lived = bench.live(options.readings, options.heap or bench.bound_kib)
            found = asdict(lived)
            found |= {f"after_{stage}": size for stage, size in bench.stages().items()}
            if not options.no_search:
                found["least_kib"] = bench.least()
    finally:
        peer.close()
    if options.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{size:8}  {name}" for name, size in found.items()))
    return 0 if lived.sound else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--micropython", help="binary of a Unix port; else this installation's")
    parser.add_argument("--heap", type=int, help="in KiB; else the bound")
    parser.add_argument("--readings", type=int, default=1000)
    parser.add_argument("--tls", action="store_true", help="send over HTTPS instead of HTTP")
    parser.add_argument("--frozen", action="store_true", help="the binary has the firmware in it")
    parser.add_argument("--no-search", action="store_true", help="do not look for the least heap")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

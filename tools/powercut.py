"""Cut a board's power in every flash operation of its life, and count what that costs.

    python tools/powercut.py --cuts 25000 --json

A simulated board lives through one recorded workload: first boot, key, readings, an outage long
enough to drop the oldest, lost acknowledgements, resets, another configuration, lost Wi-Fi. Then, for
every single program and erase of it, the power fails in the middle, the write is torn, each time
otherwise, and the board is switched on again: it has to boot with the same key, deliver or account
for every reading that it had kept, and use no number twice. Every twentieth board loses its power
once more while it recovers. docs/campaigns.md says more.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.campaign import cuts, workers, workload
from tools.campaign.cuts import Verdict
from tools.campaign.peer import Peer

from sealmote.sim import ForkServer

_SHOWN = 10
_SAID_EVERY = 500


@dataclass
class Tally:
    """The sum of all verdicts; a sound firmware has 0 in lost, reused and bricked."""

    operations: int
    cuts: int = 0
    second_cuts: int = 0
    lost: int = 0
    reused: int = 0
    bricked: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        self.cuts += verdict.cuts
        self.second_cuts += verdict.cuts - 1
        self.lost += len(verdict.lost)
        self.reused += len(verdict.reused)
        self.bricked += bool(verdict.bricked)
        if not verdict.sound and len(self.failures) < _SHOWN:
            self.failures.append(str(verdict))

    @property
    def sound(self) -> bool:
        """Whether every cut was survived, and there were some."""
        return not (self.lost or self.reused or self.bricked) and self.cuts > 0


def run(options: argparse.Namespace) -> Tally:
    """Record the workload, and try the cuts."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="powercut-") as folder,
        ForkServer(compiled=not options.source) as fork_server,
    ):
        peer = Peer()
        board = workload.new_board(
            Path(folder) / "board", fork_server, options.firmware, compiled=not options.source
        )
        recording = workload.record(board, peer)
        peer.close()
        tally = Tally(len(recording.operations))
        planned = cuts.plan(tally.operations, options.cuts, options.seed)
        for verdict in workers.try_all(
            board.folder, recording, planned, options.jobs, options.failures
        ):
            tally.add(verdict)
            if tally.cuts % _SAID_EVERY == 0:
                print(f"{tally.cuts} cuts, {time.monotonic() - began:.0f} s", file=sys.stderr)
    tally.seconds = round(time.monotonic() - began, 1)
    return tally


def main() -> int:
    """Return 0 if every cut was survived."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=500, help="how many, evenly over the workload")
    parser.add_argument("--jobs", type=int, default=2, help="processes at work")
    parser.add_argument("--seed", type=int, default=1, help="of the second cuts")
    parser.add_argument("--firmware", type=Path, help="its folder, instead of this checkout's")
    parser.add_argument(
        "--source",
        action="store_true",
        help="boot the firmware's source, not compiled: much slower",
    )
    parser.add_argument("--failures", type=Path, help="keep the flash of every failure there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.cuts < 1 or options.jobs < 1:
        parser.error("one cut and one job at least")
    if options.failures:
        options.failures.mkdir(parents=True, exist_ok=True)
    tally = run(options)
    if options.json:
        print(json.dumps(vars(tally)))
    else:
        print("\n".join(f"{name}: {value}" for name, value in vars(tally).items()))
    return 0 if tally.sound else 1


if __name__ == "__main__":
    sys.exit(main())

"""The cuts of a campaign, over several processes, each with boards of its own."""

import atexit
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tools.campaign import cuts
from tools.campaign.cuts import Bench, Cut, Verdict
from tools.campaign.peer import Peer
from tools.campaign.workload import Recording

from sealmote.sim import ForkServer

_CHUNK = 100


@dataclass
class _Place:
    """What a worker keeps for its whole life."""

    board: Path
    recording: Recording
    fork_server: ForkServer
    peer: Peer
    failures: Path | None


_places: list[_Place] = []  # one in each worker


def try_all(
    board: Path, recording: Recording, planned: list[Cut], jobs: int, failures: Path | None
) -> Iterator[Verdict]:
    """Yield the verdict on every planned cut, as they come.

    `board` is the folder of the board that was recorded; in `failures` the flash of every cut that
    was not survived is kept.
    """
    with ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), _begin, (board, recording, failures)
    ) as pool:
        chunks = (planned[at : at + _CHUNK] for at in range(0, len(planned), _CHUNK))
        for done in as_completed([pool.submit(_try, chunk) for chunk in chunks]):
            yield from done.result()


def _begin(board: Path, recording: Recording, failures: Path | None) -> None:
    folder = Path(tempfile.mkdtemp(prefix="powercut-"))
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(board, folder / "board")
    fork_server, peer = ForkServer(compiled=True), Peer()
    atexit.register(fork_server.close)
    _places.append(_Place(folder / "board", recording, fork_server, peer, failures))


def _try(chunk: Iterable[Cut]) -> list[Verdict]:
    place = _places[0]
    bench = Bench(place.board, place.recording, place.fork_server, place.peer)
    found = []
    for cut in chunk:
        verdict = bench.attempt(cut)
        if not verdict.sound and place.failures is not None:
            bench.prepare(cut)
            name = f"{cut.operation}-{cut.variant}.bin"
            shutil.copy(place.board / cuts.FLASH, place.failures / name)
        found.append(verdict)
    return found

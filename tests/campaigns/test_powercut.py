"""Power cuts in every stage of a board's life; `tools/powercut.py` tries them all."""

import argparse
from pathlib import Path

import pytest
from tools import powercut
from tools.campaign import cuts, workload
from tools.campaign.cuts import Bench, Cut
from tools.campaign.peer import Mailbox, Peer

from sealmote.sim import Board, Conditions, Fault, ForkServer, Weather
from sealmote.sim.storage import trace

CUTS = 240


def test_no_cut_costs_a_reading_a_number_or_the_board() -> None:
    options = argparse.Namespace(
        cuts=CUTS, jobs=2, seed=1, firmware=None, source=False, failures=None
    )
    tally = powercut.run(options)
    assert tally.failures == []
    assert tally.sound
    assert tally.cuts >= CUTS
    assert tally.second_cuts > 0
    assert tally.operations >= 2000


WRITER = """
for number in range(40):
    with open('file%d' % (number % 7), 'wb') as file:
        file.write(bytes([number]) * 600)
    if number % 5 == 4:
        import os
        os.remove('file%d' % ((number - 2) % 7))
"""


class Writer:
    """A board that only writes files, so that its whole trace is quickly had."""

    def __init__(self, folder: Path, fork_server: ForkServer) -> None:
        self.folder = folder
        self._fork_server = fork_server
        self._made = 0

    def run(self, *faults: Fault, traced: bool = False) -> Board:
        self._made += 1
        board = Board.create(
            self.folder / str(self._made),
            weather=Weather.constant(20, 50, 1e5),
            launcher=self._fork_server,
        )
        board.write_file("/main.py", WRITER.encode())
        self.before = board.flash_path.read_bytes()
        with board:
            off = Fault("switch-off", at=3600)
            board.start(Conditions(virtual=True, seed=5, faults=(*faults, off), trace=traced))
            board.wait_off(600)
        return board


@pytest.fixture
def writer(tmp_path: Path, fork_server: ForkServer) -> Writer:
    return Writer(tmp_path, fork_server)


def test_a_flash_put_together_is_the_flash_that_a_cut_leaves(writer: Writer) -> None:
    traces = []
    for _ in range(2):
        board = writer.run(traced=True)
        traces.append(trace.read(board.folder / trace.FILE))
        replayed = bytearray(writer.before)
        for operation in traces[-1]:
            operation.apply(replayed)
        assert replayed == board.flash_path.read_bytes()
    assert len(traces[0]) == len(traces[1]) == board.shared_state.operations > 200
    # littlefs stamps files with this machine's time: operations without a stamp are alike in both.
    alike = [
        number for number, pair in enumerate(zip(*traces, strict=True), 1) if pair[0] == pair[1]
    ]
    assert len(alike) > 50
    chosen = [alike[0], *alike[1 :: len(alike) // 8]]
    assert {traces[0][number - 1].erase for number in chosen} == {True, False}
    for number in chosen:
        board = writer.run(Fault("power-cut", op=number), traced=True)
        assert board.shared_state.operations == number
        flash = bytearray(writer.before)
        before = trace.read(board.folder / trace.FILE)
        assert len(before) == number - 1
        for operation in before:
            operation.apply(flash)
        traces[0][number - 1].tear(flash, trace.torn_seed(5, number))
        assert board.flash_path.read_bytes() == flash


def test_cuts_are_spread_over_all_operations() -> None:
    planned = cuts.plan(100, 250, 1)
    assert {cut.operation for cut in planned} == set(range(1, 101))
    assert len({(cut.operation, cut.variant) for cut in planned}) == 250
    assert planned == sorted(planned, key=lambda cut: cut.operation)
    assert {cut.operation for cut in cuts.plan(100, 10, 1)} == set(range(1, 101, 10))


def test_a_lost_reading_a_reused_number_and_another_key_are_each_seen(
    tmp_path: Path, fork_server: ForkServer, peer: Peer
) -> None:
    board = workload.new_board(tmp_path / "board", fork_server, None, compiled=True)
    peer.turn_to(Mailbox(board.flash_path, board.shared_state))
    flash = board.flash_path.read_bytes()
    with board:
        off = Fault("switch-off", at=30)
        board.start(workload.conditions(peer, (off,), trace_it=True))
        board.wait_off(600)
    operations = trace.read(board.folder / trace.FILE)
    end = len(operations)
    times = [board.shared_state.now_us] * end
    found = workload.BOOTED.search(
        next(line for line in board.serial.history if workload.BOOTED.search(line))
    )
    assert found
    honest = workload.Recording(flash, operations, times, [], [(5, 1, found[2])], [], 1)
    assert Bench(board.folder, honest, fork_server, peer).attempt(Cut(end, 0)).sound
    honest.kept.append((end - 1, (1, 999)))
    assert Bench(board.folder, honest, fork_server, peer).attempt(Cut(end, 0)).lost == {(1, 999)}
    honest.kept[:] = [(end - 1, (2, 0))]
    honest.received[:] = [workload.Received(end - 1, (2, 0), b"other bytes", ())]
    assert (2, 0) in Bench(board.folder, honest, fork_server, peer).attempt(Cut(end, 0)).reused
    honest.kept.clear()
    honest.booted[:] = [(5, 1, "00" * 32)]
    assert (
        "another key" in Bench(board.folder, honest, fork_server, peer).attempt(Cut(end, 0)).bricked
    )

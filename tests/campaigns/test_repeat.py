"""The same seed gives the same run: messages, acknowledgements, outcomes, faults, flash."""

from pathlib import Path
from typing import Any

import pytest
from tools.campaign import workload
from tools.campaign.peer import Mailbox, Peer

from sealmote.sim import Board, Conditions, Fault, ForkServer
from sealmote.sim.storage import partitions

LIFE = tuple(
    Fault.parse(spec)
    for spec in (
        "gateway-down:at=100,for=400",
        "gateway-slow:at=600,for=200,ms=7000",
        "ack-lost:at=600,for=600,share=0.5",
        "i2c-nack:at=700,for=300,share=0.02",
        "sensor-stuck:at=900,for=100",
        "clock-jump:at=1000,by=-5000",
        "dns-dead:at=1200,for=60",
        "wifi-lost:at=1300,for=90",
        "power-cut:at=1500,every=900,off=20",
        "watchdog:at=1900",
        "bit-flip:at=2000,region=vfs_a",
        "switch-off:at=2600",
    )
)


class Run:
    """One run and what came of it."""

    def __init__(self, folder: Path, fork_server: ForkServer, peer: Peer, seed: int | None) -> None:
        self.board = workload.new_board(folder, fork_server, None, compiled=True)
        self.box = peer.turn_to(Mailbox(self.board.flash_path, self.board.shared_state))
        self.answers: list[bytes] = []
        acknowledge = peer.acknowledge

        def noted(items: list[bytes]) -> bytes:
            self.answers.append(acknowledge(items))
            return self.answers[-1]

        peer.acknowledge = noted  # type: ignore[method-assign]  # listens in
        faults = LIFE if seed is not None else (Fault("switch-off", at=2600),)
        try:
            self._live(Conditions(virtual=True, seed=seed or 7, faults=faults, hosts=peer.hosts))
        finally:
            peer.acknowledge = acknowledge  # type: ignore[method-assign]

    def _live(self, conditions: Conditions) -> None:
        with self.board as board:
            board.start(conditions)
            board.wait_off(600)

    def files(self) -> dict[str, bytes]:
        return {path: self.board.read_file(path) for path in self.board.files()}

    def identity(self) -> bytes:
        region = partitions.partition("identity")
        return self.board.flash_path.read_bytes()[region.address : region.end]

    def outcome(self) -> dict[str, Any]:
        return {
            "lines": self.board.serial.history,
            "messages": [received.raw for received in self.box.received],
            "answers": self.answers,
            "files": self.files(),
            "identity": self.identity(),
            "operations": self.board.shared_state.operations,
            "time": self.board.shared_state.now_us,
        }


def test_a_seed_gives_the_same_run_and_another_seed_another(
    tmp_path: Path, fork_server: ForkServer, peer: Peer
) -> None:
    first, again = (Run(tmp_path / name, fork_server, peer, 1).outcome() for name in "ab")
    for name, value in first.items():
        assert value == again[name], name
    assert len(first["messages"]) > 60
    other = Run(tmp_path / "c", fork_server, peer, 2).outcome()
    assert other["messages"] != first["messages"]
    assert other["identity"] != first["identity"]


def test_without_a_seed_no_two_boards_have_one_key(tmp_path: Path, fork_server: ForkServer) -> None:
    code = "import os; print(os.urandom(16).hex())"
    boards = [Board.create(tmp_path / name, launcher=fork_server) for name in "ab"]
    drawn = {
        board.exec(code, conditions=Conditions(virtual=virtual))
        for board in boards
        for virtual in (True, False)
    }
    assert len(drawn) == 4


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seed_draws_other_numbers_in_each_life(
    tmp_path: Path, fork_server: ForkServer, seed: int
) -> None:
    board = Board.create(tmp_path / "board", launcher=fork_server)
    code = "import os; print(os.urandom(8).hex(), os.urandom(8).hex())"
    drawn = [board.exec(code, conditions=Conditions(seed=seed)).split() for _ in range(2)]
    assert len({value for life in drawn for value in life}) == 4

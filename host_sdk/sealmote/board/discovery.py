"""Identify the boards that are plugged in: by status line, REPL or bootloader."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from sealmote.board.errors import BoardError
from sealmote.board.flash import worker_client
from sealmote.board.port import ports, probe
from sealmote.board.port.ports import Port

_AT_ONCE: Final = 16


@dataclass(frozen=True)
class Found:
    """A board, or what kept its port from being one (``fault``). ``mac`` and ``key`` in hex."""

    port: str
    chip: str | None = None
    flash_size: int | None = None
    mac: str | None = None
    runs: str | None = None
    key: str | None = None
    fault: str | None = None


def boards(candidates: Iterable[Port]) -> list[Found]:
    """Ask every port at the same time; the answers in the order of the ports."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(board, candidates))


def board(port: Port) -> Found:
    """Ask what is behind a port."""
    try:
        answer = probe.ask(port.device)
        if answer is not None:
            return _of_answer(port, answer)
        now = ports.current(port).device
        seen = worker_client.look(now)
    except BoardError as error:
        return Found(port.device, fault=str(error))
    runs = seen.runs if seen.runs in ("nothing", "unknown firmware") else f"{seen.runs}, silent"
    return Found(now, seen.chip, seen.flash_size, seen.mac, runs)


def _of_answer(port: Port, answer: probe.Answer) -> Found:
    micropython = f"MicroPython {answer.release}"
    runs = f"Sealmote {answer.sealmote} on {micropython}" if answer.sealmote else micropython
    return Found(port.device, answer.chip, answer.flash_size, answer.mac, runs, answer.key)

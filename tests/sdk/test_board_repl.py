"""The raw REPL: raw paste where a board has it, and a limit on every wait, whatever the board does."""

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from patience import PATIENCE_S
from sealmote.board.port import repl
from sealmote.board.port.repl import Repl, SilentError

WAIT_S = 0.2
BANNER = b"raw REPL; CTRL-B to exit\r\n>"
Peer = Callable[[int], None]
"""What a board does with the other end of its line."""


@contextmanager
def facing(peer: Peer) -> Iterator[Repl]:
    """A REPL on a pty whose other end ``peer`` holds, in a thread of its own."""
    board, port = os.openpty()
    tty.setraw(port)
    thread = threading.Thread(target=peer, args=(board,), daemon=True)
    thread.start()
    try:
        with repl.opened(os.ttyname(port)) as opened:
            yield opened
    finally:
        os.close(port)
        thread.join(PATIENCE_S)
        os.close(board)


def heard(board: int, ending: bytes) -> bytes:
    """Return what comes up to and with ``ending``."""
    data = b""
    while not data.endswith(ending):
        data += os.read(board, 1)
    return data


def enters(board: int) -> None:
    heard(board, b"\r\x01")
    os.write(board, BANNER)


def pasted(board: int, window: int) -> bytes:
    """Take code by raw paste, a window at a time (MicroPython `shared/runtime/pyexec.c`)."""
    heard(board, b"\x05A\x01")
    os.write(board, b"R\x01" + window.to_bytes(2, "little"))
    code = b""
    while not code.endswith(b"\x04"):
        code += os.read(board, 1)
        if len(code) % window == 0:
            os.write(board, b"\x01")
    os.write(board, b"\x04")
    return code[:-1]


def lasts(call: Callable[[], object]) -> float:
    start = time.monotonic()
    with pytest.raises(SilentError):
        call()
    return time.monotonic() - start


def test_code_is_pasted_a_window_at_a_time_and_answered_whole() -> None:
    code = "print('" + "x" * 4000 + "')"
    got: list[bytes] = []

    def board(line: int) -> None:
        enters(line)
        for _ in range(2):
            got.append(pasted(line, 128))
            os.write(line, b"out\r\n\x04Traceback\r\n\x04>")

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        for _ in range(2):
            assert opened.exec(code, PATIENCE_S) == b"out\r\nTraceback\r\n"
    assert got == [code.encode()] * 2


def test_a_board_without_raw_paste_gets_plain_raw_mode() -> None:
    got: list[bytes] = []

    def board(line: int) -> None:
        enters(line)
        heard(line, b"\x05A\x01")
        os.write(line, b"R\x00")
        for _ in range(2):  # it is asked for raw paste once
            got.append(heard(line, b"\x04"))
            os.write(line, b"OK1\r\n\x04\x04>")

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        assert [opened.exec("print(1)", PATIENCE_S) for _ in range(2)] == [b"1\r\n"] * 2
    assert got == [b"print(1)\x04"] * 2


def test_code_that_the_board_gives_up_is_answered_by_its_traceback() -> None:
    def board(line: int) -> None:
        enters(line)
        heard(line, b"\x05A\x01")
        os.write(line, b"R\x01\x20\x00\x04")  # an end of its own, as for want of memory
        heard(line, b"\x04")
        os.write(line, b"\x04MemoryError\r\n\x04>")

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        assert opened.exec("x" * 100, PATIENCE_S) == b"MemoryError\r\n"


def test_a_silent_line_is_no_micropython() -> None:
    with facing(lambda _line: None) as opened:
        assert not opened.is_at_prompt(WAIT_S)
        assert lasts(lambda: opened.enter(WAIT_S)) >= WAIT_S
        assert lasts(lambda: opened.restart(WAIT_S)) >= WAIT_S


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "does not take"),  # nothing
        (b"R\x01", "does not take"),  # half a window's size
        (b"R\x01\x02\x00", "does not take"),  # a window, and no second one
        (b"R\x01\x02\x00?", "does not take"),  # what no board says there
        (b"noise", "does not take"),
    ],
    ids=repr,
)
def test_a_board_that_stops_while_code_is_sent_is_told_by_words(
    answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repl, "_TAKES_S", WAIT_S)

    def board(line: int) -> None:
        enters(line)
        heard(line, b"\x05A\x01")
        os.write(line, answer)

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        with pytest.raises(SilentError, match=words):
            opened.exec("print(1)", PATIENCE_S)


def test_a_board_that_never_ends_is_left() -> None:
    def board(line: int) -> None:
        enters(line)
        pasted(line, 64)

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        assert lasts(lambda: opened.exec("while True: pass", WAIT_S)) >= WAIT_S


def test_a_board_that_never_stops_talking_is_left() -> None:
    left = threading.Event()

    def board(line: int) -> None:
        enters(line)
        pasted(line, 64)
        os.set_blocking(line, False)
        while not left.wait(0.001):
            with suppress(BlockingIOError):
                os.write(line, b"x" * 64)

    with facing(board) as opened:
        opened.enter(PATIENCE_S)
        assert lasts(lambda: opened.exec("while True: print('x')", WAIT_S)) >= WAIT_S
        left.set()

"""The fork server's process: loads MicroPython once, and forks a board at each request.

Run by `sealmote.sim.runtime.fork_server`, on a datagram socket whose number is its first argument; its
second is added to the niceness of the boards. It ends, with all its boards, when its standard input
closes. It imports nothing of sealmote, to stay small.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from micropython_unix import run_main

MESSAGE_BYTES = 65536


class Forks:
    """Parent of the boards; `line` carries requests in and word of them out, one JSON each."""

    def __init__(self, line: socket.socket, nice: int) -> None:
        self._line = line
        self._nice = nice
        self._boards: dict[int, int] = {}  # process id to the number that the host gave
        self._woken, waking = os.pipe()
        os.set_blocking(waking, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # or it would not be written to the pipe
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Obey until the host is gone."""
        while True:
            ready, _, _ = select.select([self._line, self._woken, sys.stdin], [], [])
            if sys.stdin in ready:
                break
            if self._woken in ready:
                os.read(self._woken, MESSAGE_BYTES)
                self._reap()
            if self._line in ready:
                message, files, _, _ = socket.recv_fds(self._line, MESSAGE_BYTES, 4)
                self._obey(json.loads(message), files)
        for pid in self._boards:
            os.kill(pid, signal.SIGKILL)

    def _obey(self, request: dict[str, Any], files: list[int]) -> None:
        if "arguments" in request:
            self._fork(request, files)
            return
        for pid, number in self._boards.items():  # one that has ended is no longer among them
            if number == request["number"]:
                os.kill(pid, request["signal"])

    def _fork(self, request: dict[str, Any], files: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_board(request, *files)
        self._boards[pid] = request["number"]
        for file in files:
            os.close(file)
        self._tell(number=request["number"], pid=pid)

    def _become_board(
        self,
        request: dict[str, Any],
        output: int,
        control: int,
        lock: int,  # noqa: ARG002 - held
        line: int = -1,
    ) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            os.nice(self._nice)
            os.setsid()  # a Ctrl-C at the terminal is not the board's
            self._line.close()
            os.close(self._woken)
            os.dup2(os.open(os.devnull, os.O_RDONLY) if line < 0 else line, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ.pop("HOME", None)  # where the prompt would keep its history
            os.environ.update(request["environment"], SEALMOTE_SIM_CONTROL=str(control))
            code = run_main(request["arguments"])
        finally:
            os._exit(code)  # nothing of this process is the board's to clean up

    def _reap(self) -> None:
        while self._boards:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            self._tell(number=self._boards.pop(pid), code=code)

    def _tell(self, **word: int) -> None:
        self._line.send(json.dumps(word).encode())


if __name__ == "__main__":
    gc.freeze()  # what is here now is shared by all boards and never collected
    Forks(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])).serve()

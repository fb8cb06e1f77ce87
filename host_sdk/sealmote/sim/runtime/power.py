"""Power on a simulated board: its process, and the resets and losses of power that end it.

The process stands for the chip between two resets. It asks for a reset over a pipe and is then
killed, because a reset takes effect at once and unwinds nothing; what outlives the reset is kept
here (`Retained`). On the host's clock the watchdog runs here too: a board that hangs cannot watch
itself.
"""

import json
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any

from sealmote.common import text_encoding
from sealmote.common.fault_log import describe
from sealmote.sim.errors import BoardCrashedError, BoardTimeoutError, SimError
from sealmote.sim.hardware import DEEPSLEEP_RESET, SOFT_RESET, WDT_RESET, Retained
from sealmote.sim.runtime.launcher import Launcher, Process
from sealmote.sim.runtime.shared_state import BoardClock, SharedState

if TYPE_CHECKING:  # it needs terminals, and everything else here must load on Windows too
    from sealmote.sim.line.console import Console

_READ_BYTES = 65536

SNIPPET_BEGINS = b"\x01"
"""What the board writes between the output of its boot and that of a snippet."""
SNIPPET_RAISED = "\x04"
"""What it writes between the output of a snippet and the traceback that ended it."""

_POWER_OFF = 0  # beside the reset causes
_FOR_GOOD = -1

Sink = Callable[[bytes], None]


@dataclass(frozen=True)
class Supply:
    """What a board runs on: how its process is started, its clock, its files.

    arguments: the interpreter's options · file: where its hardware is written at every start ·
    lock: the open flash file, which the process keeps locked · console: the port at which somebody
    may type, None where nobody can.
    """

    launcher: Launcher
    arguments: list[str]
    file: Path
    lock: int
    clock: BoardClock
    shared_state: SharedState
    console: "Console | None" = None


class Power:
    """Power on a board until cut(). `description` is what its hardware file says at every start.

    `output` takes what the board writes to its serial line, `heard` what it tells of its heap, and
    `ended` is called when the power is off, cut or not; all in a thread of this board's own. With
    `once`, it goes off at the first reset or when the program has ended.
    """

    def __init__(
        self,
        supply: Supply,
        description: dict[str, Any],
        output: Sink,
        ended: Callable[[], None] | None = None,
        heard: Callable[[dict[str, Any]], None] = lambda _: None,
        *,
        once: bool = False,
    ) -> None:
        self._supply = supply
        self._description = description
        self._output = output
        self._ended = ended
        self._heard = heard
        self._once = once
        self._clock = supply.clock
        self._since_us = self._clock.now_us()  # when the last life ended, its sleep not counted
        self.retained = Retained.power_on(self._since_us)
        self._reset: tuple[int, int] | None = None  # the cause, and how long to wait first, in µs
        self._idle: bool | None = None
        self._watchdog_s: float | None = None
        self._bites = 0.0
        self._to_prompt = False  # without main.py, and as if nothing had happened
        self._crash: str | None = None
        self._off = False
        self._cut = Event()
        self._changed = Condition()
        self._process: Process | None = None
        self._thread = Thread(target=self._run, name="simulated board", daemon=True)

    def on(self) -> None:
        """Switch on."""
        self._thread.start()

    def cut(self) -> None:
        """Cut the power, now; returns when the process is gone."""
        with self._changed:
            self._cut.set()
            if self._process is not None:
                self._process.signal(signal.SIGKILL)
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """Process id between two resets, None where there is none at the moment."""
        process = self._process
        return process.pid if process else None

    @property
    def failed(self) -> bool:
        """Whether the program ended with an exception."""
        return self._idle is False

    @property
    def crash(self) -> str | None:
        """Why the board cannot go on, None if nothing is the matter."""
        return self._crash

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        with self._changed:
            if self._process is not None:
                self._process.signal(signal.SIGINT)

    def wait_idle(self, timeout: float | None) -> bool:
        """Wait until nothing runs any more; True if the program ended without an exception.

        BoardTimeoutError after timeout seconds, BoardCrashedError if the interpreter died. False
        after a loss of power.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: self._idle is not None or self._off, timeout)
            if self._crash:
                raise BoardCrashedError(self._crash)
        if not done:
            raise BoardTimeoutError(f"the board's program did not end within {timeout} s")
        return self._idle is True

    def wait_off(self, timeout: float | None) -> None:
        """Wait for a loss of power that the board's faults brought about; raises as wait_idle."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._off, timeout)
            if self._crash:
                raise BoardCrashedError(self._crash)
        if not done:
            raise BoardTimeoutError(f"the board was not off within {timeout} s")

    # The thread: start the process, follow it to its end, start it again.

    def _run(self) -> None:
        try:
            while not self._cut.is_set():
                self._live()
                if self._crash or self._once or self._reset is None:
                    break
                self._since_us = self._clock.now_us()
                if not self._outlast(*self._reset):
                    break
        except (OSError, SimError) as error:
            self._crash = f"the board cannot be started: {error}"
        except Exception as error:  # noqa: BLE001  # a board that failed must not look switched off
            self._crash = f"the simulated board failed: {describe(error)}"
        finally:
            with self._changed:
                self._off = True
                self._changed.notify_all()
            if self._ended is not None:
                self._ended()

    def _outlast(self, cause: int, wait_us: int) -> bool:
        """Go through a reset or a loss of power; False if the power does not come back."""
        if cause == _POWER_OFF:
            if wait_us == _FOR_GOOD:
                return False
            self._clock.wait_us(wait_us, self._cut)
            self.retained = Retained.power_on(self._clock.now_us())
            return True
        if cause == DEEPSLEEP_RESET:
            self._clock.wait_us(wait_us, self._cut)
        self.retained.reset(cause, self._clock.now_us())
        if self._supply.console is not None and not self._to_prompt:
            self._supply.console.reset(soft=cause == SOFT_RESET)
        return True

    def _live(self) -> None:
        """One life of the process, from one reset to the next."""
        with self._changed:
            self._idle = None
        if self._reset is None or self._reset[0] != SOFT_RESET:
            self._watchdog_s = None  # which a soft reset does not stop
        self._reset = None
        control = self._spawn()
        process = self._process
        if process is None:
            os.close(control)
            return
        try:
            self._follow(process.output, control)
        except BaseException:  # a listener's: the board must not run on unwatched
            process.signal(signal.SIGKILL)
            raise
        finally:
            os.close(control)
            os.close(process.output)
            if self._supply.console is not None:
                self._supply.console.close()
            code = process.wait()
            with self._changed:
                self._process = None
        if self._supply.console is not None and self._idle is not None:
            # A Ctrl-C that meets the prompt as it begins ends the Unix port, and does nothing to a chip.
            self._to_prompt = code == -signal.SIGINT
            if code >= 0 or self._to_prompt:
                self._reset = self._reset or (SOFT_RESET, 0)  # somebody left the prompt by Ctrl-D
        rested = self._once and self._idle is not None
        if self._reset is None and not rested and not self._cut.is_set():
            self._crash = self._crash or (
                f"the board's MicroPython ended by itself, with {_in_words(code)}, which is a "
                "fault of the interpreter or the simulator: its last lines say more"
            )

    def _spawn(self) -> int:
        """Start the process; returns the reading end of its control pipe."""
        reading, writing = os.pipe()
        try:
            self._supply.shared_state.next_life()
            self._write_hardware()
            with self._changed:
                if not self._cut.is_set():
                    self._start_process(writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return reading

    def _start_process(self, control: int) -> None:
        device, console = self._supply.launcher.device, self._supply.console
        line = console.open() if console is not None else None
        try:
            self._process = self._supply.launcher.start(
                [
                    *self._supply.arguments,
                    str(device / "start.py"),
                ],
                {
                    "MICROPYPATH": f"{device / 'port'}:{device}:.frozen",
                    "SEALMOTE_SIM_HARDWARE": str(self._supply.file.resolve()),
                },
                control,
                self._supply.lock,
                line,
            )
        finally:
            if line is not None:
                os.close(line)
        if console is not None:
            console.begin(self._process)

    def _write_hardware(self) -> None:
        state, console = self._supply.shared_state, self._supply.console
        found = {
            **self._description,
            **asdict(self.retained),
            "now_us": self._clock.now_us(),
            "since_us": self._since_us,
            "life": state.lives,
            "operations": state.operations,
            "console": console is not None,
            "raw": console is not None and (console.raw or self._to_prompt),
        }
        descriptor = os.open(self._supply.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text_encoding.json_for_board(found))

    def _follow(self, output: int, control: int) -> None:
        """Pass on what the process says, and obey it, until it has ended."""
        events = _Lines(self._obey)
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ, events.feed)
            selector.register(output, selectors.EVENT_READ, self._output)
            while selector.get_map():
                for key, _ in selector.select(self._patience()):
                    data = os.read(key.fd, _READ_BYTES)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fileobj)
                self._bite()

    def _patience(self) -> float | None:
        return None if self._watchdog_s is None else max(0.0, self._bites - time.monotonic())

    def _bite(self) -> None:
        if self._watchdog_s is not None and time.monotonic() >= self._bites:
            self._watchdog_s = None
            self._end(WDT_RESET, 0)

    def _end(self, cause: int, wait_us: int) -> None:
        self._reset = (cause, wait_us)
        assert self._process is not None
        self._process.signal(signal.SIGKILL)

    def _obey(self, event: dict[str, Any]) -> None:
        """One event of the board's `_sim.host_events`."""
        for name in ("wall_offset_us", "rtc_memory", "radio"):
            if name in event:
                setattr(self.retained, name, event[name])
        if "watchdog_ms" in event:
            self._watchdog_s = event["watchdog_ms"] / 1000
            self._bites = time.monotonic() + self._watchdog_s
        if "reset" in event:
            self._end(event["reset"], event["sleep_ms"] * 1000)
        if "power_off_us" in event:
            self._end(_POWER_OFF, event["power_off_us"])
        if "idle" in event:
            self._rest(event["idle"])
        if "no_build" in event:
            self._fail(_no_build(event["no_build"], event["digest"]))
        if self._supply.console is not None:
            _pass_to_console(self._supply.console, event)
        if "heap" in event:
            self._heard(event)

    def _fail(self, why: str) -> None:
        self._crash = why
        assert self._process is not None
        self._process.signal(signal.SIGKILL)

    def _rest(self, fine: bool) -> None:
        with self._changed:
            self._idle = fine
            self._changed.notify_all()
            if self._once and self._process is not None:
                self._process.signal(signal.SIGKILL)


class _Lines:
    """Bytes to JSON objects, one a line."""

    def __init__(self, take: Callable[[dict[str, Any]], None]) -> None:
        self._take = take
        self._partial = b""

    def feed(self, data: bytes) -> None:
        *whole, self._partial = (self._partial + data).split(b"\n")
        for line in whole:
            self._take(json.loads(line))


def _pass_to_console(console: "Console", event: dict[str, Any]) -> None:
    if "machine" in event:
        console.call_it(*event["machine"])
    if "listening" in event:
        console.listen()
    if "interrupt_again" in event:
        console.interrupt_again()
    if "interrupt_byte" in event:
        console.interrupt_with(event["interrupt_byte"])


def _no_build(path: str, digest: str) -> str:
    """Say why a native module that was flashed cannot run here, and what helps."""
    if not digest:
        return (
            f"{path} is native code that does not say of which source it is, so that no build of it "
            "for this machine can stand in: remove it, or put its .py file there"
        )
    return (
        f"{path} is native code of another source (SHA-256 {digest[:16]}…) than that of this "
        "Sealmote, and a virtual board runs a build of the same source only: build the image with "
        "this Sealmote, or start the virtual board with the one that built it"
    )


def _in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

"""Console of a board: its serial line as bytes both ways, as MicroPython on an ESP32 handles them.

The board reads a pty of its own, so that its prompt works as on a terminal: while a program runs,
Ctrl-C interrupts; at the prompt it is a byte like any other. What the board writes comes here before
it goes out: text ends its lines with CR LF, what was written as bytes stays as it is.
"""

import os
import signal
import termios
import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock, Thread
from typing import Final

from sealmote.sim.line.interruption import computed_s, wait_until_interruptible
from sealmote.sim.line.polling import writable
from sealmote.sim.runtime.launcher import Process

SOFT_REBOOT: Final = b"MPY: soft reboot\r\n"

_CTRL_A: Final = b"\x01"
_CTRL_C: Final = 0x03
_RAW_BANNER: Final = b"raw REPL; CTRL-B to exit\r\n"
_FRIENDLY_BANNER: Final = b'Type "help()" for more information.\r\n'
_MARK: Final = 0xFF  # see sim/device/_sim/console.py
_MARKED: Final = {ord("n"): 0x0A, ord("m"): 0xFF}
_TAKES_WITHIN_S: Final = 0.5
# A program that computes for so long and never waits is interrupted at whatever it does; any program is,
# where nobody can tell (macOS).
_COMPUTES_S: Final = 1.0 if Path("/proc/self/stat").exists() else 0.0
_OBEYS_WITHIN_S: Final = 0.5
_LOOKS_EVERY_S: Final = 0.002

Output = Callable[[bytes], None]


class Console:
    """One board's line for as long as it has power; `output` takes what goes out to the port.

    `starts_after_s`: how long after a reset the port is there, for a chip that speaks USB itself.
    """

    def __init__(self, output: Output, starts_after_s: float = 0.0) -> None:
        self._port = output
        self._starts_after_s = starts_after_s
        self._starts = time.monotonic() + starts_after_s
        self._cooked = Cooked()
        self._tail = b""
        self._lock = RLock()
        self._master = -1
        self._process: Process | None = None
        self._listening = False
        self._life = 0
        self._interrupt_byte = _CTRL_C
        self._held: bytearray | None = None
        self._again = False
        self._machine: tuple[bytes, bytes] | None = None
        self.raw = False

    # What the board's power tells.

    def open(self) -> int:
        """Make the line for a process that is about to start; returns the end that it reads."""
        with self._lock:
            self.close()
            self._life += 1
            self._master, end = os.openpty()
            _make_plain(end)
            os.set_blocking(self._master, False)
            if self.raw:
                os.write(self._master, _CTRL_A)
            return end

    def begin(self, process: Process) -> None:
        """Take the process that reads it."""
        with self._lock:
            self._process = process

    def close(self) -> None:
        """Give up the line of a process that has ended."""
        with self._lock:
            if self._master >= 0:
                os.close(self._master)
            self._master, self._process = -1, None
            self._listening = self._again = False
            self._interrupt_byte, self._held = _CTRL_C, None

    def call_it(self, own: str, chip: str) -> None:
        """Note what the interpreter calls itself, and what the board's chip does: for the greeting.

        MicroPython writes this part of the greeting at once, and the line's end after it
        (shared/runtime/pyexec.c).
        """
        self._machine = f"; {own}".encode(), f"; {chip}".encode()

    def listen(self) -> None:
        """Note that the board's own program begins: from here on it can be interrupted."""
        with self._lock:
            self._listening = True

    def interrupt_again(self) -> None:
        """Interrupt once more: it came while the board was inside its flash."""
        with self._lock:
            self._again = True

    def interrupt_with(self, byte: int) -> None:
        """Note which byte interrupts a program (`micropython.kbd_intr`), -1 for none."""
        with self._lock:
            self._interrupt_byte = byte

    def reset(self, *, soft: bool) -> None:
        """Note a reset: after a hard one the prompt is the friendly one."""
        if soft:
            self._output(SOFT_REBOOT)
        else:
            self.raw = False
            self._starts = time.monotonic() + self._starts_after_s

    def _output(self, data: bytes) -> None:
        """Let it go out, unless the port has not started yet: then nobody has it."""
        if time.monotonic() >= self._starts:
            self._port(data)

    def tap(self, also: Output) -> Output:
        """Return what takes the board's output: it goes to the port, and as text to `also`."""

        def heard(data: bytes) -> None:
            if self._machine is not None:
                data = data.replace(*self._machine)
            cooked = self._cooked.feed(data)
            self._note_prompt(cooked)
            if cooked:
                self._output(cooked)
                also(cooked)

        return heard

    def _note_prompt(self, cooked: bytes) -> None:
        seen = self._tail + cooked
        raw, friendly = seen.rfind(_RAW_BANNER), seen.rfind(_FRIENDLY_BANNER)
        if raw != friendly:  # one of them was found
            self.raw = raw > friendly
        self._tail = seen[-max(len(_RAW_BANNER), len(_FRIENDLY_BANNER)) + 1 :]

    # What comes in at the port.

    def feed(self, data: bytes) -> None:
        """Give the board what came in.

        What follows an interrupt waits until the board has obeyed, for a chip does so at once. What it
        does not take within half a second is lost, as in a UART that nobody reads. A port that has not
        started yet could not be opened: what came in waits for that.
        """
        time.sleep(max(self._starts - time.monotonic(), 0.0))
        with self._lock:
            if self._held is not None:
                self._held += data
                return
            for at, byte in enumerate(data):
                if byte == self._interrupt_byte and self._runs_a_program():
                    self._write(data[:at])
                    self._held = bytearray(data[at + 1 :])
                    Thread(target=self._interrupt, args=(self._life,), daemon=True).start()
                    return
            self._write(data)

    def _runs_a_program(self) -> bool:
        """Say whether MicroPython would take Ctrl-C as an interrupt: not while its prompt reads."""
        return self._master >= 0 and bool(termios.tcgetattr(self._master)[3] & termios.ISIG)

    def _interrupt(self, life: int) -> None:
        """Interrupt the program once it listens and waits; then give it what was held back."""
        self._pursue(life)
        with self._lock:
            if self._life == life and self._held is not None:
                held, self._held = bytes(self._held), None
                self.feed(held)

    def _pursue(self, life: int) -> None:
        since, sent = time.monotonic(), False
        begun = self._computed_s()
        while True:
            time.sleep(_LOOKS_EVERY_S)
            with self._lock:
                now = time.monotonic()
                if self._again or not self._listening:
                    since, sent, self._again = now, False, False
                    begun = self._computed_s()
                if self._life != life or not self._runs_a_program():
                    return
                if sent and now - since > _OBEYS_WITHIN_S:
                    return
                if not sent and self._listening and self._process is not None:
                    sent = self._try_to_interrupt(self._process, begun)
                    since = now if sent else since

    def _try_to_interrupt(self, process: Process, begun_s: float) -> bool:
        if self._interrupt_byte != _CTRL_C:  # the program has asked for it as a byte meanwhile
            self._write(bytes([_CTRL_C]))
            return True
        if (
            not wait_until_interruptible(process.pid, _LOOKS_EVERY_S)
            and computed_s(process.pid) - begun_s < _COMPUTES_S
        ):
            return False
        process.signal(signal.SIGINT)
        return True

    def _computed_s(self) -> float:
        return computed_s(self._process.pid) if self._process is not None else 0.0

    def _write(self, data: bytes) -> None:
        end = time.monotonic() + _TAKES_WITHIN_S
        while self._master >= 0 and data and time.monotonic() < end:
            if writable(self._master, _TAKES_WITHIN_S):
                data = data[os.write(self._master, data) :]


class Cooked:
    """What the board writes, as an ESP32 sends it: state from one piece to the next."""

    def __init__(self) -> None:
        self._marked = False
        self._last = 0

    def feed(self, data: bytes) -> bytes:
        """Turn the newlines of text into CR LF, and marked bytes into what they stand for."""
        if not self._marked and _MARK not in data and b"\n" not in data:
            self._last = data[-1] if data else self._last
            return data
        made = bytearray()
        for byte in data:
            if self._marked:
                self._marked = False
                made.append(_MARKED.get(byte, byte))
            elif byte == _MARK:
                self._marked = True
                continue
            elif byte == 0x0A and self._last != 0x0D:
                made += b"\r\n"
            else:
                made.append(byte)
            self._last = byte
        return bytes(made)


def _make_plain(descriptor: int) -> None:
    """Let bytes pass as they are; ISIG stays on, for it tells whether a program runs."""
    settings = termios.tcgetattr(descriptor)
    settings[0] = settings[1] = 0
    settings[3] = termios.ISIG
    settings[6][termios.VINTR] = settings[6][termios.VQUIT] = settings[6][termios.VSUSP] = b"\0"
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)

"""Virtual board: one board behind a port, in download mode or running MicroPython from its flash."""

import queue
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Final, Protocol, Self

from sealmote.board import chips
from sealmote.board.images import mpy
from sealmote.common.fault_log import describe
from sealmote.sim import Board
from sealmote.sim.environment.conditions import CHIPS_HEAP_BYTES, Conditions
from sealmote.sim.errors import BoardStateError
from sealmote.sim.line.console import Console
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import boot_stages, bootloader
from sealmote.sim.virtual.bootloader import Bootloader
from sealmote.sim.virtual.efuses import Efuses
from sealmote.sim.virtual.port import Port
from sealmote.sim.virtual.pty import PtyPort

_EFUSES: Final = "efuses.bin"
# A chip that speaks USB itself is enumerated anew after each reset; a UART is always there.
_PORT_STARTS_S: Final = {"esp32s3": 1.5}
_AGAIN_S: Final = 1.0  # how often a chip without a program tries again
_NO_DOWNLOAD: Final = b"download mode is disabled\r\n"
_QUIET: Final = Conditions()


class Mode(Protocol):
    """What a board is between two resets."""

    def feed(self, data: bytes) -> None:
        """Take what comes in at the port."""

    def stop(self) -> None:
        """End it, as a reset does."""


class VirtualBoard:
    """A board that is plugged in: powered, and behind `port`, for as long as the `with` block.

        board = Board.create(Path("b1"), chip="esp32c3")
        with VirtualBoard(board) as virtual:
            subprocess.run(["esptool", "--port", virtual.port, "write-flash", "0", "image.hex"])

    A pty has no DTR and RTS. There a whole SYNC frame of esptool resets the board into download mode, as
    the two lines would; closing the port resets it again, into its program. With `auto_reset` off it
    stays what it is, like a board without the circuit for it: reset(download=True) is its BOOT button.
    """

    def __init__(
        self,
        board: Board,
        line: Port | None = None,
        conditions: Conditions = _QUIET,
        *,
        auto_reset: bool = True,
    ) -> None:
        if conditions.virtual or conditions.trace:
            raise BoardStateError(
                "a board behind a port lives in real time and keeps no trace: leave both out"
            )
        self.board = board
        self._line = line or PtyPort()
        heap_bytes = conditions.heap_bytes or CHIPS_HEAP_BYTES
        self._conditions = replace(conditions, heap_bytes=heap_bytes)
        self._auto_reset = auto_reset and not self._line.has_lines
        self._efuses = Efuses(board.folder / _EFUSES, board.hardware.chip, board.mac)
        self._mode: Mode | None = None
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = Thread(target=self._obey, name="virtual board", daemon=True)
        self._failed: Exception | None = None
        self._tail = b""

    @property
    def port(self) -> str:
        """What programs open: a device's path, or a URL."""
        return self._line.name

    @property
    def downloading(self) -> bool:
        """Whether it is in download mode."""
        return isinstance(self._mode, Bootloader)

    @property
    def fault(self) -> str | None:
        """Why it can do nothing with what was flashed, None if it can."""
        if self._failed is not None:
            return describe(self._failed)
        mode = self._mode
        return mode.fault if isinstance(mode, _Running | _Stranded) else None

    def plug_in(self) -> None:
        """Give it power and its port."""
        if self.board.architecture:
            mpy.build_here(firmware.files(), self.board.substitutes_path, self.board.architecture)
        self._thread.start()
        try:
            self.reset()
        except BaseException:
            self._end()
            raise
        self._line.start(self)

    def unplug(self) -> None:
        """Pull the cable: the port is gone, and the power with it, at whatever the board is doing."""
        if not self._thread.is_alive():
            return
        self._line.close()
        self._end()

    def _end(self) -> None:
        self._orders.put(None)
        self._thread.join()
        self._halt()

    def reset(self, *, download: bool = False) -> None:
        """Press RESET, with BOOT held for download mode; returns when the board has begun anew."""
        done = Event()
        self._orders.put(lambda: self._restart(download=download, quiet=False))
        self._orders.put(done.set)
        while not done.wait(0.1) and self._thread.is_alive():
            pass
        if self._failed is not None:
            raise self._failed

    # What the port says, in its thread.

    def came(self, data: bytes) -> None:
        """Bytes have come in."""
        self._orders.put(lambda: self._take(data))

    def left(self) -> None:
        """Nobody has the port open any more."""
        self._orders.put(self._leave_download_mode)

    def held(self) -> None:
        """DTR and RTS hold the board in reset."""
        self._orders.put(self._halt)

    def started(self, *, download: bool) -> None:
        """DTR and RTS let it start."""
        self._orders.put(lambda: self._restart(download=download, quiet=False))

    # The board's own thread, in which it goes from one mode to the next.

    def _obey(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                order()
            except Exception as error:  # noqa: BLE001  # it stands still until it is reset again
                self._failed = error
                self._line.write(f"\r\nsealmote: {describe(error)}\r\n".encode())

    def _take(self, data: bytes) -> None:
        if self._auto_reset and not self.downloading:
            seen = self._tail + data
            at = bootloader.sync_at(seen)
            if at is not None:
                self._restart(download=True, quiet=True)
                data = seen[at:]
            self._tail = seen[-bootloader.SYNC_BYTES + 1 :]
        if self._mode is not None:
            self._mode.feed(data)

    def _leave_download_mode(self) -> None:
        mode = self._mode
        spoken_to = isinstance(mode, _Locked) or (isinstance(mode, Bootloader) and mode.spoken_to)
        if self._auto_reset and spoken_to:
            self._restart(download=False, quiet=False)

    def _halt(self) -> None:
        if self._mode is not None:
            self._mode.stop()
        self._mode = None

    def _restart(self, *, download: bool, quiet: bool) -> None:
        self._halt()
        self._tail, self._failed = b"", None
        rom = boot_stages.ROMS[self.board.hardware.chip]
        if not quiet:  # esptool's SYNC wants its answer, and not the ROM's greeting
            self._line.write(rom.waits() if download else rom.boots())
        self._mode = self._downloading() if download else self._from_flash()

    def _downloading(self) -> Mode:
        if self._efuses.no_download:
            self._line.write(_NO_DOWNLOAD)
            return _Locked()
        mode = Bootloader(
            self.board.hardware.chip,
            self.board.flash_path,
            self._efuses,
            self._line.write,
            lambda: self._orders.put(lambda: self._restart(download=False, quiet=False)),
        )
        mode.start()
        return mode

    def _from_flash(self) -> Mode:
        chip = chips.chip(self.board.hardware.chip)
        content = self.board.flash_path.read_bytes()
        why = boot_stages.why_it_does_not_start(content, chip, self._efuses)
        if why is not None:
            again = boot_stages.ROMS[chip.name].boots() + why.encode() + b"\r\n"
            return _Stranded(why, lambda: self._line.write(again))
        return _Running(self.board, self._line.write, self._conditions)

    def __enter__(self) -> Self:
        self.plug_in()
        return self

    def __exit__(self, *what: object) -> None:
        self.unplug()


class _Running:
    """MicroPython, from the flash."""

    def __init__(
        self, board: Board, write: Callable[[bytes], None], conditions: Conditions
    ) -> None:
        self._board = board
        self._write = write
        self._console = Console(write, _PORT_STARTS_S.get(board.hardware.chip, 0.0))
        self._forget = board.serial.listen(self._heard)
        board.start(conditions, self._console)

    @property
    def fault(self) -> str | None:
        """Why it stands still."""
        return self._board.crash

    def feed(self, data: bytes) -> None:
        """Type."""
        self._console.feed(data)

    def stop(self) -> None:
        """Take the power away."""
        self._forget()
        self._board.kill()

    def _heard(self, line: str | None) -> None:
        if line is None and self.fault is not None:
            self._write(f"\r\nsealmote: {self.fault}\r\n".encode())


class _Locked:
    """A chip that was to enter download mode, and has an eFuse burnt against it: it stands still."""

    def feed(self, data: bytes) -> None:
        """Nobody listens."""

    def stop(self) -> None:
        """End it."""


class _Stranded:
    """A chip that finds no program: it says so, resets, and says so again."""

    def __init__(self, fault: str, say: Callable[[], None]) -> None:
        self.fault = fault
        self._say = say
        self._over = Event()
        self._thread = Thread(
            target=self._repeat, name="virtual board without a program", daemon=True
        )
        self._thread.start()

    def feed(self, data: bytes) -> None:
        """Nobody listens."""

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join()

    def _repeat(self) -> None:
        while not self._over.wait(_AGAIN_S):
            self._say()

"""A simulated board: a folder with its flash, started as a process on the Unix port."""

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sealmote import shrink
from sealmote.common import text_encoding
from sealmote.common.fault_log import describe
from sealmote.flash_layout import FLASH_SIZES
from sealmote.sim.environment.conditions import BEGIN_S, Conditions
from sealmote.sim.environment.weather import Weather
from sealmote.sim.errors import (
    BoardCrashedError,
    BoardFilesError,
    BoardStateError,
    BoardTimeoutError,
    SnippetError,
)
from sealmote.sim.hardware import Chip, Hardware, Network, Sensor, random_mac
from sealmote.sim.line.output import SerialLine
from sealmote.sim.runtime import interpreter
from sealmote.sim.runtime.launcher import Launcher, Spawner
from sealmote.sim.runtime.power import SNIPPET_BEGINS, SNIPPET_RAISED, Power, Supply
from sealmote.sim.runtime.shared_state import RealClock, SharedState, VirtualClock
from sealmote.sim.storage import compiling, filesystem, firmware, flash, loader, partitions, trace

if TYPE_CHECKING:
    from sealmote.sim.line.console import Console

_FLASH = "flash.bin"
_DESCRIPTION = "board.json"
_WEATHER = "weather.bin"
_START = "start.json"
_SHARED_STATE = "pulse.bin"  # named so by boards of earlier versions
_SUBSTITUTES = "substitutes"
_QUIET = Conditions()


class HeapUse(NamedTuple):
    """A board's heap at a moment of its clock (µs): bytes in use after a collection, and free."""

    now_us: int
    used: int
    free: int


class Board:
    """One simulated board.

    Its folder holds the flash (`flash.bin`, raw), what it is made of (`board.json`), and the
    weather around it (`weather.bin`): the board is the same one after any restart.

        board = Board.create(Path("b1"), wifi=[Network("home", "secret")])
        board.install(config={...})
        with board:
            board.start()
            board.serial.wait_for("acknowledged", timeout=30)

    Leaving the `with` block cuts the power.
    """

    def __init__(
        self,
        folder: Path,
        hardware: Hardware,
        created_us: int,
        micropython: str | None,
        launcher: Launcher | None = None,
    ) -> None:
        self.folder = folder
        self.hardware = hardware
        self.serial = SerialLine()
        self.shared_state = SharedState(folder / _SHARED_STATE)
        self.heap: list[HeapUse] = []
        self._created_us = created_us
        self._micropython = micropython
        self._launcher = launcher
        self._power: Power | None = None
        self._held = ExitStack()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        mac: bytes | None = None,
        chip: Chip = "esp32",
        sensors: tuple[Sensor, ...] | list[Sensor] | None = None,
        wifi: tuple[Network, ...] | list[Network] = (),
        weather: Weather | None = None,
        join_ms: int = 300,
        pins: Mapping[int, int] | None = None,
        ticks_offset_ms: int = 0,
        flash_size: int | None = None,
        bare: bool = False,
        micropython: str | None = None,
        launcher: Launcher | None = None,
    ) -> Self:
        """Make a board with an erased flash in a folder that has none.

        Without a MAC it gets a random, locally administered one, without sensors a BME280. Bare, it comes
        as from the factory: without a partition table, of no use until it is flashed. ``flash_size`` is one
        of `flash_layout.FLASH_SIZES`, in bytes: 4 MiB where bare, as most boards have, else 8, so that the
        plain source fits. The other arguments are those of `Hardware`; micropython names the interpreter's
        binary, and launcher is what starts it, such as a `ForkServer`. BoardFilesError if the folder has a
        board.
        """
        hardware = Hardware(
            mac=mac or random_mac(),
            chip=chip,
            sensors=(Sensor.usual(chip),) if sensors is None else tuple(sensors),
            wifi=tuple(wifi),
            weather=weather or Weather.recorded(),
            join_ms=join_ms,
            pins=dict(pins or {}),
            ticks_offset_ms=ticks_offset_ms,
        )
        if (folder / _FLASH).exists():
            raise BoardFilesError(f"{folder} has a board: open that one, or choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        board = cls(folder, hardware, time.time_ns() // 1000, micropython, launcher)
        board._save()
        board.shared_state.create(BEGIN_S * 1_000_000)
        size = flash_size or (FLASH_SIZES[0] if bare else partitions.FLASH_SIZE)
        # Last, for it is what makes the folder a board.
        flash.create(board.flash_path, size, bare=bare)
        return board

    @classmethod
    def open(
        cls, folder: Path, *, micropython: str | None = None, launcher: Launcher | None = None
    ) -> Self:
        """Board that an earlier create() made in a folder; BoardFilesError if there is none."""
        try:
            found = json.loads((folder / _DESCRIPTION).read_text(encoding="ascii"))
            table = (folder / _WEATHER).read_bytes()
            hardware, created_us = found["hardware"], int(found["created_us"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BoardFilesError(
                f"no board in {folder} ({describe(error)}): `sealmote sim create` makes one"
            ) from error
        made = Hardware.from_json(hardware, table)
        return cls(folder, made, created_us, micropython, launcher)

    def _save(self) -> None:
        (self.folder / _WEATHER).write_bytes(self.hardware.weather.table)
        found = {"created_us": self._created_us, "hardware": self.hardware.to_json()}
        descriptor = os.open(  # for its owner only: it holds the Wi-Fi's password
            self.folder / _DESCRIPTION, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
        )
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(found, file, indent=1)

    @property
    def mac(self) -> bytes:
        """The board's MAC address, six bytes."""
        return self.hardware.mac

    @property
    def flash_path(self) -> Path:
        """The raw flash image."""
        return self.folder / _FLASH

    @property
    def substitutes_path(self) -> Path:
        """Folder with builds, for its interpreter, of the native modules in the flash."""
        return self.folder / _SUBSTITUTES / (self.architecture or "none")

    @property
    def architecture(self) -> str | None:
        """mpy-cross's name for the native code that its interpreter runs, None if it runs none."""
        return interpreter.architecture(self._starter().command)

    def _starter(self) -> Launcher:
        return self._launcher or Spawner(interpreter.command(self._micropython))

    # Its files, while it is off.

    def install(
        self,
        source: Path | None = None,
        config: Mapping[str, Any] | None = None,
        *,
        compiled: bool = False,
        slot: str | None = None,
    ) -> None:
        """Put a firmware (by default the one of this installation) and /data/config.json on the board.

        Other files on it stay, an outbox among them; compiled, its modules go there as an image has them:
        made small, as .mpy files. ``slot``: "vfs_a" or "vfs_b", without it the one that is good.
        """
        wanted, architecture = firmware.files(source), self.architecture if compiled else None
        if compiled:
            wanted = compiling.compiled(shrink.shrunk(wanted), architecture)
        if config is not None:
            wanted["/data/config.json"] = text_encoding.json_for_board(config, indent=1).encode()
        with self._flash() as descriptor, filesystem.mounted(descriptor, slot) as files:
            files.write_loader(loader.filesystem(architecture, compiled=compiled))
            for path, content in wanted.items():
                files.write(path, content)

    def read_file(self, path: str) -> bytes:
        """Read a file of the board; BoardFilesError if it has none of that name."""
        with self._flash() as descriptor, filesystem.mounted(descriptor) as files:
            return files.read(path)

    def write_file(self, path: str, content: bytes) -> None:
        """Write a file of the board, with the folders above it."""
        with self._flash() as descriptor, filesystem.mounted(descriptor) as files:
            files.write(path, content)

    def remove_file(self, path: str) -> None:
        """Delete a file of the board, or a folder with all in it."""
        with self._flash() as descriptor, filesystem.mounted(descriptor) as files:
            files.remove(path)

    def files(self) -> list[str]:
        """Paths of all files on the board."""
        with self._flash() as descriptor, filesystem.mounted(descriptor) as files:
            return files.files()

    def _flash(self) -> AbstractContextManager[int]:
        if self._power is not None:
            raise BoardStateError("the board is running: stop it before you use its flash")
        return flash.held(self.flash_path)

    # Its power.

    @property
    def powered(self) -> bool:
        """Whether start() has been called and neither stop() nor kill() since."""
        return self._power is not None

    @property
    def pid(self) -> int | None:
        """Process id of the interpreter; another one after each reset."""
        return self._power.pid if self._power else None

    def start(self, conditions: Conditions = _QUIET, console: "Console | None" = None) -> None:
        """Switch the board on: it boots boot.py and main.py from its flash.

        Resets are followed until the power is cut. With a console somebody can type, and main.py ends in
        MicroPython's prompt. BoardStateError if it is on already, BoardInUseError if another process
        holds its flash.
        """
        output: Callable[[bytes], None] = self.serial.feed
        if console is not None:
            output = console.tap(output)
        self._power = self._make_power(
            "", conditions, output, ended=lambda: self.serial.power(on=False), console=console
        )
        self.serial.power(on=True)
        self._power.on()

    def kill(self) -> None:
        """Cut the power at whatever the board is doing (SIGKILL); flash keeps what was written."""
        if self._power is None:
            return
        try:
            self._power.cut()
        finally:
            self._power = None
            self._held.close()

    @property
    def crash(self) -> str | None:
        """Why the board stands still although it has power, None if nothing is the matter."""
        return self._power.crash if self._power else None

    def stop(self, grace: float = 2.0) -> None:
        """Press Ctrl-C, give the program grace seconds to unwind, then cut the power."""
        if self._power is None:
            return
        try:
            self._power.interrupt()
            self._power.wait_idle(grace)
        except BoardTimeoutError:
            pass  # it would not listen, as boards may: the power goes either way
        finally:
            self.kill()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until main.py has ended; True if it did so without an exception.

        BoardTimeoutError after timeout seconds, BoardCrashedError if the interpreter itself died.
        """
        if self._power is None:
            raise BoardStateError("the board is off: start it first")
        return self._power.wait_idle(timeout)

    def wait_off(self, timeout: float | None = None) -> None:
        """Wait until a fault has taken the board's power away; raises as wait_idle does."""
        if self._power is None:
            raise BoardStateError("the board is off: start it first")
        self._power.wait_off(timeout)

    def exec(self, code: str, timeout: float = 60.0, conditions: Conditions = _QUIET) -> str:
        """Boot, run code on the board instead of main.py, switch off; returns what it printed.

        boot.py runs first, as it does for mpremote. A snippet that resets the board ends there.
        SnippetError with the traceback if it raises, BoardTimeoutError after timeout seconds.
        """
        output = bytearray()
        power = self._make_power(code, conditions, output.extend)
        try:
            power.on()
            power.wait_idle(timeout)
        except BoardCrashedError as error:
            raise BoardCrashedError(f"{error}\n{output.decode(errors='replace')}") from error
        finally:
            power.cut()
            self._held.close()
        text = output.partition(SNIPPET_BEGINS)[2].decode(errors="replace")
        if power.failed:
            printed, _, traceback = text.rpartition(SNIPPET_RAISED)
            raise SnippetError(printed, traceback)
        return text

    def _make_power(
        self,
        snippet: str,
        conditions: Conditions,
        output: Callable[[bytes], None],
        ended: Callable[[], None] | None = None,
        console: "Console | None" = None,
    ) -> Power:
        if self._power is not None:
            raise BoardStateError("the board is running: stop it first")
        self.hardware.check_faults(conditions.faults)
        supply = Supply(
            launcher=self._starter(),
            arguments=conditions.options,
            file=self.folder / _START,
            lock=self._held.enter_context(flash.held(self.flash_path)),
            clock=VirtualClock(self.shared_state) if conditions.virtual else RealClock(),
            shared_state=self.shared_state,
            console=console,
        )
        description, once = self._description(snippet, conditions, supply), bool(snippet)
        return Power(supply, description, output, ended, self._take_heap, once=once)

    def _take_heap(self, event: dict[str, Any]) -> None:
        self.heap.append(HeapUse(*event["heap"]))

    def _description(self, snippet: str, conditions: Conditions, supply: Supply) -> dict[str, Any]:
        found = self.hardware.to_json()
        found["wifi"] = [network.for_board() for network in self.hardware.wifi]
        found["sensors"] = [sensor.for_board() for sensor in self.hardware.sensors]
        found.update(conditions.to_json())
        found["faults_from_us"] = supply.clock.now_us()
        found["operations_from"] = self.shared_state.operations
        found["shared_state_path"] = str(self.shared_state.path.resolve())
        found["trace_path"] = str((self.folder / trace.FILE).resolve()) if conditions.trace else ""
        weather = found["weather"]
        found["weather"] = {
            "path": str((self.folder / _WEATHER).resolve()),
            "rows": len(self.hardware.weather.hours),
            "anchor_us": self.shared_state.begin_us if conditions.virtual else self._created_us,
            "start_hour": weather["start_hour"],
            "speed": weather["speed"],
            "temperature_c": weather["temperature_offset_c"],
            "humidity_percent": weather["humidity_offset_percent"],
            "pressure_pa": weather["pressure_offset_pa"],
        }
        found["ticks_offset_us"] = found.pop("ticks_offset_ms") * 1000
        found["flash_path"] = str(self.flash_path.resolve())
        found["flash_size"] = self.flash_path.stat().st_size
        found["snippet"] = snippet
        found["substitutes_path"] = str(self.substitutes_path.resolve())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.kill()

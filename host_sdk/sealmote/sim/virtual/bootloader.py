"""Download mode: the serial protocol of a chip's ROM, and of esptool's stub.

Most of the protocol is `esp32-mock-bootloader`'s. Added here, frame by frame: a MAC and eFuses for each
board, flash that is a file and is erased before it is written, the commands that leave download mode,
and whole frames in both directions, so that flash can be read back over any line.

Protocol: esptool documentation, "Serial Protocol".
"""

import mmap
import queue
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any, Final

from esp32_mock_bootloader import protocol, server
from esptool.targets import CHIP_DEFS

from sealmote.flash_layout import SECTOR
from sealmote.sim.storage import flash
from sealmote.sim.virtual.efuses import Efuses

_END: Final = b"\xc0"
_FRAME_BYTES_MAX: Final = 0x20000  # the stub takes blocks of 0x4000, each byte of them two in SLIP
_SYNC: Final = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"
# What a ROM in secure download mode refuses: all that would show or run something (ESP32-C3 TRM, "Chip Boot
# Control"; esptool documentation, "Serial Protocol").
_LOCKED: Final = (
    protocol.CMD_READ_REG, protocol.CMD_WRITE_REG, protocol.CMD_MEM_BEGIN, protocol.CMD_MEM_DATA,
    protocol.CMD_MEM_END, protocol.CMD_READ_FLASH_SLOW, protocol.CMD_SPI_FLASH_MD5,
)  # fmt: skip
_READ_ID: Final = 0x9F  # JEDEC's: maker, type, and the size as a power of two
_FLASH_MAKER: Final = protocol.MOCK_FLASH_ID & 0xFFFF
_INVALID: Final = protocol.ROM_INVALID_MESSAGE
_WATCHDOG_ON: Final = 1 << 31
_WATCHDOG_S: Final = 0.1  # esptool locks the watchdog's registers again before it bites


def sync_at(data: bytes) -> int | None:
    """Where in a stream a whole SYNC frame begins, or None."""
    at = data.find(_SYNC)
    return at if at >= 0 else None


SYNC_BYTES: Final = len(_SYNC)


class Frames:
    """Cuts what comes in into SLIP frames; what is not inside one is dropped."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that are whole now, each with its ends."""
        found: list[bytes] = []
        self._pending += data
        while True:
            start = self._pending.find(_END)
            end = self._pending.find(_END, start + 1)
            if start < 0 or len(self._pending) > _FRAME_BYTES_MAX:
                self._pending = b""
            if start < 0 or end < 0:
                return found
            if end > start + 1:
                found.append(self._pending[start : end + 1])
                self._pending = self._pending[end + 1 :]
            else:  # two ends in a row: the second one begins
                self._pending = self._pending[end:]


class Bootloader:
    """Download mode from start() to stop(). `left` is called, in its thread, when a command ends it."""

    def __init__(
        self,
        chip: str,
        flash_path: Path,
        efuses: Efuses,
        write: Callable[[bytes], None],
        left: Callable[[], None],
    ) -> None:
        self._chip = chip
        self._path = flash_path
        self._efuses = efuses
        self._write = write
        self._left = left
        self._frames = Frames()
        self._incoming: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stopped = Event()
        self._stub = False
        self._again = False
        self._asks_flash_id = False
        self.spoken_to = False
        self._thread = Thread(target=self._run, name="bootloader", daemon=True)

    def start(self) -> None:
        """Wait for a program's SYNC."""
        self._thread.start()

    def stop(self) -> None:
        """Leave download mode, at whatever it is doing; what was written stays."""
        self._stopped.set()
        self._incoming.put(None)
        self._thread.join()

    def feed(self, data: bytes) -> None:
        """Take what has come in."""
        for frame in self._frames.feed(data):
            self.spoken_to = True
            self._incoming.put(frame)

    # What the mock's server takes for a connection.

    def set_timeout(self, timeout: float) -> None:
        """Ignored: a chip waits for ever."""

    def recv(self, size: int) -> bytes:  # noqa: ARG002 - the server's; a frame is one piece here
        """Return the next frame that the server is to answer; b"" when download mode is over."""
        while True:
            frame = self._incoming.get()
            if frame is None or self._stopped.is_set():
                return b""
            if not self._answers(frame):
                return frame
            if self._again:
                return b""

    def sendall(self, data: bytes) -> None:
        """Send an answer."""
        if not self._stopped.is_set():
            self._write(data)

    def close(self) -> None:
        """Keep the line open: it is the board's."""

    # The thread.

    def _run(self) -> None:
        try:
            self._serve()
        finally:  # whatever ended it: a board whose ROM hears nothing must not go on being in it
            if not self._stopped.is_set():
                self._left()

    def _serve(self) -> None:
        with flash.held(self._path) as descriptor, mmap.mmap(descriptor, 0) as memory:
            while not self._stopped.is_set():
                self._stub = self._again = False
                try:
                    server.handle_client(self, self._stopped, self._chip, flash=_Flash(memory))
                except (struct.error, IndexError):
                    continue  # no command of the protocol: the ROM begins anew
                if not self._again:
                    break

    def _answers(self, frame: bytes) -> bool:
        """Answer what the mock does not know; False: it is the mock's."""
        (content, *_) = server.slip_decode_frames(frame) or [b""]
        if len(content) < 8 or content[0] != 0:
            return False
        command, data = content[1], content[8:].ljust(16, b"\0")
        first, second, third, _ = struct.unpack_from("<IIII", data)
        match command:
            case _ if self._efuses.locked_download and command in _LOCKED:
                self.sendall(server.make_response(command, status=1, error=_INVALID))
            case protocol.CMD_GET_SECURITY_INFO if self._chip != "esp32":
                self.sendall(server.slip_encode(self._security_info()))
            case protocol.CMD_READ_REG:
                return self._reads(first)
            case protocol.CMD_WRITE_REG:
                return self._writes(first, second, third)
            case protocol.CMD_FLASH_END | protocol.CMD_FLASH_DEFL_END:
                self._answer(command)
                self._end(stay=first == 1)
            case protocol.CMD_RUN_USER_CODE:
                self._leave()
            case protocol.CMD_MEM_END:
                self._stub = self._stub or (first == 0 and second != 0)
                return False
            case _:
                return False
        return True

    def _reads(self, address: int) -> bool:
        """Answer what a register holds; False: the mock knows."""
        if address in self._efuses:
            value = self._efuses.read(address)
        elif self._asks_flash_id and address == self._spi("W0", 0x80):
            value = _FLASH_MAKER | (self._path.stat().st_size.bit_length() - 1) << 16
        else:
            return False
        self._answer(protocol.CMD_READ_REG, value)
        return True

    def _writes(self, address: int, value: int, mask: int) -> bool:
        """Do what follows from writing a register; False: that is the mock's to do."""
        if address == self._spi("USR2", 0x24):
            self._asks_flash_id = value & 0xFF == _READ_ID
        if address in self._efuses:
            self._efuses.write(address, value, mask)
        elif not self._is_watchdog(address, value & mask):
            return False
        else:
            Timer(_WATCHDOG_S, self._leave).start()
        self._answer(protocol.CMD_WRITE_REG)
        return True

    def _answer(self, command: int, value: int = 0) -> None:
        self.sendall(server.make_response(command, value, stub=self._stub))

    def _spi(self, name: str, usual: int) -> int:
        """Return the address of a register of the flash's SPI controller."""
        rom = CHIP_DEFS[self._chip]
        return int(rom.SPI_REG_BASE) + int(getattr(rom, f"SPI_{name}_OFFS", usual))

    def _security_info(self) -> bytes:
        """Answer from the eFuses; the mock's has none burnt (esptool, `get_security_info`)."""
        flags = self._efuses.secure_boot | self._efuses.locked_download << 2
        number = CHIP_DEFS[self._chip].IMAGE_CHIP_ID
        said = struct.pack("<IB7xII", flags, self._efuses.encryptions, number, 0) + b"\0\0"
        return struct.pack("<BBHI", 1, protocol.CMD_GET_SECURITY_INFO, len(said), 0) + said

    def _end(self, *, stay: bool) -> None:
        """End of a flash operation: the stub stays, or goes back to the ROM; the ROM runs the board."""
        if not self._stub:
            self._leave()
        elif not stay:
            self._again = True

    def _leave(self) -> None:
        self._incoming.put(None)

    def _is_watchdog(self, address: int, value: int) -> bool:
        """Say whether a write switches on the RTC's watchdog, as `--after watchdog-reset` does."""
        register = getattr(CHIP_DEFS[self._chip], "RTC_CNTL_WDTCONFIG0_REG", None)
        return address == register and bool(value & _WATCHDOG_ON)


class _Cells:
    """NOR flash: what is written clears bits, byte by byte; an erase, of a slice, sets them.

    esptool fills its last block with 0xFF, which leaves what lies behind an image as it was.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def __len__(self) -> int:
        return len(self._memory)

    def __getitem__(self, at: slice) -> bytes:
        return self._memory[at]

    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(at, slice):
            self._memory[at] = value
        else:
            self._memory[at] &= value


class _Flash(server.FlashImage):  # type: ignore[misc]  # the package ships no types
    """The board's flash file, whose sectors are erased before they are written."""

    def __init__(self, memory: mmap.mmap) -> None:
        super().__init__()
        self.data: Any = _Cells(memory)

    def begin_defl(self, payload: bytes) -> None:
        super().begin_defl(payload)
        self._erase_for(payload)

    def begin_plain(self, payload: bytes) -> None:
        super().begin_plain(payload)
        self._erase_for(payload)

    def _erase_for(self, payload: bytes) -> None:
        size, _, _, offset = struct.unpack_from("<IIII", payload, 0)
        start = offset // SECTOR * SECTOR
        self.erase_region(start, -(-(offset + size) // SECTOR) * SECTOR - start if size else 0)

"""A board's ROM bootloader by esptool: connect, read, write, verify, reset.

esptool's logger and caches are global, so each board has a process of its own: `worker` is it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from esptool.cmds import (
    attach_flash,
    detect_chip,
    detect_flash_size,
    reset_chip,
    run_stub,
    write_flash,
)
from esptool.logger import TemplateLogger, log
from esptool.util import flash_size_bytes

from sealmote.board.errors import PortError
from sealmote.board.flash import efuses
from sealmote.board.images.image import Region
from sealmote.board.port import ports

FAST_BAUD: Final = 460800
_CONNECT_ATTEMPTS: Final = 3

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all)."""


class Bootloader:
    """A connected board; flash can be read and written. ``chip`` is named as Chip.name is."""

    def __init__(self, esp: Any, device: str, bars: "_ProgressLog") -> None:
        self._esp = esp
        self._device = device
        self._bars = bars
        self.chip: str = esp.CHIP_NAME.lower().replace("-", "")
        self.mac: str = bytes(esp.read_mac("BASE_MAC")).hex()
        self.flash_size: int | None = flash_size_bytes(detect_flash_size(esp))

    def read(self, address: int, size: int) -> bytes:
        """Read flash; address and size in bytes, of whole sectors or less than one."""
        with _port_errors(self._device):
            data = self._esp.read_flash(address, size)
        assert isinstance(data, bytes)
        return data

    def holds(self, regions: Sequence[Region]) -> bool:
        """Say whether these bytes are in flash now, by digests that the board itself computes."""
        with _port_errors(self._device):
            return all(
                self._esp.flash_md5sum(region.address, len(region.data)) == _md5(region.data)
                for region in regions
            )

    def write(self, regions: Sequence[Region], progress: Progress) -> None:
        """Write regions and check each by its digest, read back by the board itself."""
        self._bars.begin([len(region.data) for region in regions], progress)
        with _port_errors(self._device):
            write_flash(self._esp, [(region.address, region.data) for region in regions])

    def reset(self) -> None:
        """Start what is on the board."""
        with _port_errors(self._device):
            reset_chip(self._esp, "hard-reset")


@contextmanager
def connected(device: str, baud: int = FAST_BAUD) -> Iterator[Bootloader]:
    """Reset a board into its bootloader and connect.

    Raises PortError, or ImageError for a board whose eFuses keep it to what its maker signed or encrypted.
    """
    ports.check_usable(device)
    bars = _ProgressLog()
    log.set_logger(bars)
    with _port_errors(device):
        esp = detect_chip(device, connect_attempts=_CONNECT_ATTEMPTS)
    try:
        with _port_errors(device):
            efuses.check_writable(esp, device)
            esp = run_stub(esp)
            attach_flash(esp)
            if "://" not in device:
                esp.change_baud(baud)
            bootloader = Bootloader(esp, device, bars)
        yield bootloader
    finally:
        esp._port.close()  # noqa: SLF001 - esptool has no other way


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class _ProgressLog(TemplateLogger):  # type: ignore[misc]  # esptool ships no types
    """Drops esptool's messages, and adds up its progress bars, one a region, to one of them all."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._region = 0
        self._last = (0, 0)
        self._progress: Progress | None = None

    def begin(self, sizes: list[int], progress: Progress) -> None:
        self._sizes, self._region, self._last, self._progress = sizes, 0, (0, 0), progress

    def progress_bar(
        self,
        cur_iter: int,
        total_iters: int,
        prefix: str = "",  # noqa: ARG002 - esptool's signature
        suffix: str = "",  # noqa: ARG002
        bar_length: int = 30,  # noqa: ARG002
    ) -> None:
        if self._progress is None or not total_iters:
            return
        another = total_iters != self._last[1] or cur_iter < self._last[0]
        if another and self._last[1] and self._region < len(self._sizes) - 1:
            self._region += 1
        self._last = (cur_iter, total_iters)
        before = sum(self._sizes[: self._region])
        done = before + self._sizes[self._region] * cur_iter // total_iters
        self._progress(done, sum(self._sizes))

    def print(self, *args: object, **kwargs: object) -> None: ...
    def note(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...
    def stage(self, finish: bool = False) -> None: ...
    def set_verbosity(self, verbosity: str) -> None: ...


@contextmanager
def _port_errors(device: str) -> Iterator[None]:
    try:
        yield
    except ports.GONE as error:  # of a port that was open: its other end is gone
        raise _gone(device) from error
    except RuntimeError as error:  # esptool's own
        if device.startswith("/") and not Path(device).exists():
            raise _gone(device) from error
        _explain(device, str(error).strip().partition("\n")[0], error)


def _gone(device: str) -> PortError:
    return PortError(
        f"{device} went away: plug the board in and run the same command again; its bootloader is "
        "in ROM and cannot be lost"
    )


def _explain(device: str, cause: str, error: RuntimeError) -> NoReturn:
    if "Could not open" in cause:
        detail = str(error).partition("\n")[2].strip()
        raise PortError(
            f"cannot open {device} ({detail.partition(chr(10))[0]}): close what else has it open and "
            "try again"
        ) from error
    if "Wrong boot mode" in cause or "No serial data" in cause or "Failed to connect" in cause:
        raise PortError(
            f"no bootloader answers at {device} ({cause}): hold the board's BOOT button, press RESET, "
            "let go, and run the same command again; a chip with a burnt eFuse "
            f"({efuses.NO_DOWNLOAD}) never answers, and keeps what is on it"
        ) from error
    raise PortError(
        f"the board at {device} failed ({cause}): check cable and power, then run the same command "
        "again; its bootloader is in ROM and cannot be lost"
    ) from error

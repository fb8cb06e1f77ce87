"""Diagnose a board by its status, or by its output at startup: boot mode, brown-out, crash.

Messages: the chips' ROM (esptool documentation, "Boot Mode Selection"), ESP-IDF's `esp_system` (brown-out,
panic), MicroPython's `inisetup.py`, and our own firmware's.
"""

import errno
import re
import time
from typing import Any, Final

import serial

from sealmote import extras
from sealmote.board.errors import BoardError
from sealmote.board.port import lines, ports
from sealmote.doctor.finding import Finding

_POLL_S: Final = 0.1
_RESET_S: Final = 0.1
_STATUS_S: Final = 3.0  # a signature in plain Python takes a second or more
_SOFT_RESET: Final = b"\x04"

Status = dict[str, Any]
"""The answer to `status` (firmware/mote/status.py, firmware/mote/setup/console.py)."""

# (what, what it says, what to do about it)
_SIGNS: Final = (
    (
        "power",
        r"Brownout detector was triggered|BROWN_?OUT",
        """its supply falls too low (brown-out), mostly when the radio starts: use a short, thick cable, no
hub, and a port or charger of 500 mA; with a battery, 470 µF at the 3.3 V pin; then run:
sealmote doctor --port {port}""",
    ),
    (
        "boot mode",
        r"boot:0x[0-9a-f]+ \(DOWNLOAD|waiting for download",
        """it waits for a download: let go of BOOT, or take away what holds GPIO 0 (GPIO 9 on an ESP32-C3)
low, and press RESET""",
    ),
    (
        "flash",
        r"invalid header: 0x|No bootable app",
        "there is no firmware that starts; run: sealmote flash FILE.hex --port {port}",
    ),
    (
        "files",
        r"filesystem appears to be corrupted|run `sealmote recover`",
        "its files are damaged; run: sealmote recover --port {port}",
    ),
    (
        "partitions",
        r"no partition named (?:data|identity)",
        "its partition table is not Sealmote's; run: sealmote flash FILE.hex --port {port}",
    ),
    (
        "crash",
        r"Guru Meditation|TG[01]WDT_|\bpanic'ed\b|safe: safe mode",
        "it crashes, or its watchdog resets it; to see why, run: sealmote monitor --port {port}",
    ),
)
_UNCONFIGURED: Final = r"no /data/config\.json|setup: waiting for"
_UNCONFIGURED_BOARD: Final = Finding(
    "configuration", present=False, needed=False,
    words="it has no configuration yet; run: sealmote provision",
)  # fmt: skip


def examine_board(device: str, seconds: float) -> list[Finding]:
    """Say what is the matter with the board at a port; one that runs is asked, and not reset.

    Raises PortError.
    """
    said, status = listen(device, seconds)
    if status is not None:
        return [_of_status(status)]
    if said.strip():
        return judge(said, device)
    return [_of_bootloader(device)]


def listen(device: str, seconds: float) -> tuple[str, Status | None]:
    """Ask a board for its status; without an answer start it anew, and listen for so many seconds.

    It is started by RTS, or, at MicroPython's prompt on a line without it, by Ctrl-D. Returns all that it
    said. Raises PortError.
    """
    ports.check_usable(device)
    try:
        with serial.serial_for_url(device, 115200, timeout=_POLL_S, exclusive=True) as port:
            port.write(b"\r\nstatus\r\n")
            said = _hear(port, _STATUS_S, until_status=True)
            status = _status_in(said)
            if status is None:
                if not _reset(port) and said.rstrip().endswith(">>>"):
                    port.write(_SOFT_RESET)
                said += _hear(port, seconds, until_status=False)
    except ports.GONE as error:
        raise ports.explained(device, error) from error
    return said, status


def _hear(port: serial.Serial, seconds: float, *, until_status: bool) -> str:
    said, end = bytearray(), time.monotonic() + seconds
    while time.monotonic() < end:
        said += port.read(max(1, port.in_waiting))
        if until_status and _status_in(said.decode("utf-8", "replace")) is not None:
            break
    return said.decode("utf-8", "replace")


def _status_in(said: str) -> Status | None:
    whole = said.split("\n")[:-1]
    found = (lines.parse(line.strip()).status for line in whole)
    return next((status for status in found if status is not None), None)


def _of_status(status: Status) -> Finding:
    if "boot" not in status:
        return _UNCONFIGURED_BOARD
    warning = f"; its newest warning: {status['last']}" if status.get("last") else ""
    words = f"it runs: Sealmote {status['version']}, boot {status['boot']}{warning}"
    return Finding("board", present=True, needed=True, words=words)


def _of_bootloader(device: str) -> Finding:
    """Say what is in the flash of a board that says nothing."""
    try:
        from sealmote.board.flash import worker_client  # noqa: PLC0415 - the extra [board]

        seen = worker_client.look(device)
    except ModuleNotFoundError as error:
        why = extras.explain(error)
        words = f"silent: press RESET while this listens. Its bootloader cannot be asked: {why}"
    except BoardError as error:
        words = f"silent: press RESET while this listens. Its bootloader is no help: {error}"
    else:
        words = (
            f"silent: press RESET while this listens. Its bootloader answers ({seen.chip}, {seen.mac}), "
            f"and in its flash is {seen.runs}; run: sealmote flash FILE.hex --port {device}"
        )
    return Finding("board", present=False, needed=True, words=words)


def judge(said: str, port: str) -> list[Finding]:
    """Say what is the matter with a board that said this when it started."""
    found = [
        Finding(what, present=False, needed=True, words=words.format(port=port).replace("\n", " "))
        for what, sign, words in _SIGNS
        if re.search(sign, said)
    ]
    if found:
        return found
    if not said.strip():
        words = "silent: press RESET while this listens; if it stays silent, run: sealmote boards"
        return [Finding("board", present=False, needed=True, words=words)]
    if re.search(_UNCONFIGURED, said):
        return [_UNCONFIGURED_BOARD]
    return [Finding("board", present=True, needed=True, words=f"it starts: {_last(said)}")]


def _reset(port: serial.Serial) -> bool:
    """Pull EN low for a moment (RTS), with GPIO 0 high (DTR): a plain start. False: the line has none."""
    try:
        port.dtr = False
        port.rts = True
        time.sleep(_RESET_S)
        port.rts = False
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTTY):
            raise
        return False  # such as a pty
    return True


def _last(said: str) -> str:
    return said.strip().splitlines()[-1].strip()[:120]

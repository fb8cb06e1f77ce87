"""What a board says when it starts: boot mode, brown-outs, crashes, damaged files.

Messages: the chips' ROM (esptool documentation, "Boot Mode Selection"), ESP-IDF's `esp_system` (brown-out,
panic), MicroPython's `inisetup.py`, and our own firmware's.
"""

import re
import time
from typing import Final

import serial

from sealmote.board import ports
from sealmote.doctor.finding import Finding

_POLL_S: Final = 0.1
_RESET_S: Final = 0.1

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


def listen(device: str, seconds: float) -> str:
    """Reset a board by RTS, where the port has it, and return what it says. Raises PortError."""
    ports.check_usable(device)
    said = bytearray()
    try:
        with serial.serial_for_url(device, 115200, timeout=_POLL_S, exclusive=True) as port:
            _reset(port)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                said += port.read(4096)
    except ports.GONE as error:
        raise ports.explained(device, error) from error
    return said.decode("utf-8", "replace")


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
        words = "it has no configuration yet; run: sealmote provision"
        return [Finding("configuration", present=False, needed=False, words=words)]
    return [Finding("board", present=True, needed=True, words=f"it starts: {_last(said)}")]


def _reset(port: serial.Serial) -> None:
    """Pull EN low for a moment (RTS), with GPIO 0 high (DTR): a plain start."""
    try:
        port.dtr = False
        port.rts = True
        time.sleep(_RESET_S)
        port.rts = False
    except OSError as error:
        if error.errno not in (22, 25):  # EINVAL, ENOTTY: a line without them, such as a pty
            raise


def _last(said: str) -> str:
    return said.strip().splitlines()[-1].strip()[:120]

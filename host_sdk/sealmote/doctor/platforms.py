"""Linux, macOS and Windows differences: listing USB devices, fixing drivers and permissions.

``system`` is what `platform.system()` says: "Linux", "Darwin", "Windows".
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Run = Callable[[list[str]], str]
"""A command -> what it prints. Raises OSError or subprocess.SubprocessError."""
UsbId = tuple[int, int]
"""(vendor, product)."""

SYSFS: Final = Path("/sys/bus/usb/devices")
RULES: Final = (
    "/etc/udev/rules.d/70-sealmote.rules"  # before 73-seat-late.rules, which acts on the tag
)

_PROFILER: Final = ["system_profiler", "SPUSBDataType", "-json"]
_PNP: Final = [
    "powershell", "-NoProfile", "-Command",
    "Get-PnpDevice -PresentOnly | ForEach-Object InstanceId",
]  # fmt: skip
_PNP_ID: Final = re.compile(r"^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)


@dataclass(frozen=True)
class Bridge:
    """What is between USB and a board's serial line, and its driver on each system.

    ``module`` is Linux's, ``cask`` Homebrew's, ``page`` the maker's for Windows; None: nothing to install.
    """

    name: str
    vendor: int
    module: str
    cask: str | None
    page: str | None


_SILABS: Final = "https://www.silabs.com/software-and-tools/usb-to-uart-bridge-vcp-drivers"
BRIDGES: Final = (
    Bridge("Espressif's own USB", 0x303A, "cdc_acm", None, None),
    Bridge("CP210x", 0x10C4, "cp210x", "silicon-labs-vcp-driver", _SILABS),
    Bridge(
        "CH34x", 0x1A86, "ch341", "wch-ch34x-usb-serial-driver",
        "https://www.wch-ic.com/downloads/CH341SER_EXE.html",
    ),
    Bridge("FTDI", 0x0403, "ftdi_sio", None, "https://ftdichip.com/drivers/vcp-drivers/"),
)  # fmt: skip


def run(command: list[str]) -> str:
    """Run a command of the system; what it prints."""
    done = subprocess.run(  # noqa: S603 - the constants above
        command, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


def usb_ids(system: str, run: Run = run, sysfs: Path = SYSFS) -> list[UsbId]:
    """Vendor and product of each USB device, with a driver or without one.

    Raises OSError, subprocess.SubprocessError or ValueError if the system does not tell.
    """
    if system == "Linux":
        return list(_of_sysfs(sysfs))
    if system == "Darwin":
        return list(_of_profiler(json.loads(run(_PROFILER)).get("SPUSBDataType", [])))
    lines = run(_PNP).splitlines()
    return [(int(m[1], 16), int(m[2], 16)) for line in lines if (m := _PNP_ID.match(line.strip()))]


def _of_sysfs(folder: Path) -> Iterator[UsbId]:
    for device in sorted(folder.iterdir()):
        files = [device / "idVendor", device / "idProduct"]
        if all(file.is_file() for file in files):
            vendor, product = (int(file.read_text(), 16) for file in files)
            yield vendor, product


def _of_profiler(items: list[dict[str, Any]]) -> Iterator[UsbId]:
    for item in items:
        found = [
            re.match(r"0x([0-9a-f]{4})", str(item.get(k))) for k in ("vendor_id", "product_id")
        ]
        if found[0] and found[1]:
            yield int(found[0][1], 16), int(found[1][1], 16)
        yield from _of_profiler(item.get("_items", []))


def driver_fix(system: str, bridge: Bridge) -> str:
    """Return what to do about a bridge that is plugged in and has no port."""
    if system == "Linux":
        # Braille displays have the CH34x too, and their daemon takes its port away.
        braille = "; if brltty is installed, also: sudo apt remove brltty"
        return f"run: sudo modprobe {bridge.module}{braille * (bridge.module == 'ch341')}"
    if system == "Darwin" and bridge.cask:
        return f"run: brew install --cask {bridge.cask}, and allow it in System Settings, Privacy"
    if system == "Windows" and bridge.page:
        return f"install its driver from {bridge.page}, then run: pnputil /scan-devices"
    return "the system has the driver: try another cable and another USB port, without a hub"


def access_fix(system: str, group: str | None, *, member: bool) -> str:
    """Return what to do about a port that this user may not open; ``group`` is the port's.

    ``member``: the user is in the group, but was not when the session began.
    """
    if system != "Linux":
        return "close the other program that uses the port, then run the same command again"
    if member:
        return f"you are in {group}, but not yet in this session: log out and in, or run: newgrp {group}"
    if group not in (None, "root"):
        return f"run: sudo usermod -aG {group} $USER, then log out and in; or {udev_command()}"
    return f"run: {udev_command()}"


def udev_command() -> str:
    """Return the command that gives boards to whoever sits at the machine, and keeps modems' probes off."""
    vendors = "|".join(f"{bridge.vendor:04x}" for bridge in BRIDGES)
    rule = (
        f'SUBSYSTEM=="tty", ATTRS{{idVendor}}=="{vendors}", TAG+="uaccess", '
        'ENV{ID_MM_DEVICE_IGNORE}="1"'
    )
    return (
        f"echo '{rule}' | sudo tee {RULES} && sudo udevadm control --reload && sudo udevadm trigger"
    )

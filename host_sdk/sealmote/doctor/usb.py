"""Check serial ports: permissions, and USB bridges without a driver."""

import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sealmote.board.port import ports
from sealmote.board.port.ports import Port
from sealmote.doctor import platforms
from sealmote.doctor.finding import Finding
from sealmote.doctor.platforms import BRIDGES, Bridge, Run

_WHAT = "serial ports"


def serial_ports(
    system: str | None = None,
    found: list[Port] | None = None,
    run: Run = platforms.run,
    sysfs: Path = platforms.SYSFS,
) -> list[Finding]:
    """Look at the ports of boards. Without arguments: of this machine. Nothing is opened."""
    system = system or platform.system()
    found = ports.plugged_in() if found is None else found
    made = [_usable(system, port) for port in found if "://" not in port.device]
    made += _without_driver(system, found, run, sysfs)
    if not made:
        words = "no board is plugged in, or its cable carries no data"
        made = [Finding(_WHAT, present=False, needed=False, words=words)]
    return made


def _usable(system: str, port: Port) -> Finding:
    what, path = f"port {port.device}", Path(port.device)
    if system == "Windows" or os.access(path, os.R_OK | os.W_OK):
        return Finding(what, present=True, needed=True, words=_name(port.vendor))
    if not path.exists():
        return Finding(what, present=False, needed=True, words="not there: plug the board in")
    group, member = _group(path)
    fix = platforms.access_fix(system, group, member=member)
    return Finding(what, present=False, needed=True, words=f"this user may not open it; {fix}")


def _group(path: Path) -> tuple[str | None, bool]:
    """Return a port's group, None if it has no name, and whether the system lists this user in it."""
    import grp  # noqa: PLC0415 - Windows has neither
    import pwd  # noqa: PLC0415

    try:
        entry = grp.getgrgid(path.stat().st_gid)
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None, False
    return entry.gr_name, user in entry.gr_mem


def _without_driver(system: str, found: list[Port], run: Run, sysfs: Path) -> Iterator[Finding]:
    try:
        present = platforms.usb_ids(system, run, sysfs)
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError) as error:
        words = f"the system does not list them ({error}), so a missing driver cannot be seen"
        yield Finding("USB devices", present=False, needed=False, words=words)
        return
    with_port = {port.vendor for port in found}
    vendors = {vendor for vendor, _ in present}
    for bridge in BRIDGES:
        if bridge.vendor in vendors - with_port:
            yield _unknown(system, bridge)


def _unknown(system: str, bridge: Bridge) -> Finding:
    fix = platforms.driver_fix(system, bridge)
    words = f"plugged in, but there is no port for it; {fix}"
    return Finding(bridge.name, present=False, needed=False, words=words)


def _name(vendor: int | None) -> str:
    return next((bridge.name for bridge in BRIDGES if bridge.vendor == vendor), "may be opened")

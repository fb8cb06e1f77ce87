"""Loader: mounts the application file system that is to run, and gives its boot.py.

It is `mote.loader` in the partition `vfs`, which stock MicroPython mounts and whose boot.py starts it; no
update writes that.
A file system that is neither good nor on trial may hold half of an update, so it is never run, not even
where the good one is damaged (docs/decisions/flash-layout.md).
"""

import gc
import os
import sys
import time

import machine
import vfs
from esp32 import Partition

from mote.errors import MoteError, TrialError
from mote.storage import trial
from mote.storage.slots import Slots, find_partition

_USB_S = 3  # a chip's own USB starts late: what is said before that nobody hears
_TRIAL_MS = 900_000
_BLOCK = 4096
_PIECE = 512


def choose() -> "tuple[str, trial.Trial | None]":
    """Count this start; return what is to run, and the record if that is on trial."""
    try:
        record = trial.Trial(Slots(find_partition(trial.PARTITION)))
    except MoteError:
        print("loader: the record of the trial is damaged or missing: run `sealmote recover`")
        return trial.LABELS[0], None
    try:
        chosen = record.start()
    except MoteError:
        print("loader: no trial, for its start cannot be counted: the flash is worn or broken")
        chosen = record.good
    return trial.LABELS[chosen], None if chosen == record.good else record


def mount(label: str) -> None:
    """Put an application's file system in the place of the loader's. Raises OSError if there is none."""
    found = Partition.find(Partition.TYPE_DATA, label=label)
    if not found:
        raise OSError("no such partition")
    device = found[0]
    if is_blank(device):  # as MicroPython does with its own: whoever comes with mpremote finds room
        vfs.VfsLfs2.mkfs(device)
    gc.collect()  # it stays for as long as the board runs: low in the heap, it breaks up least
    filesystem = vfs.VfsLfs2(device)  # type: ignore[abstract]  # a fault of the stub
    vfs.umount("/")
    vfs.mount(filesystem, "/")


def is_blank(device: Partition) -> bool:
    """Say whether both of littlefs's superblocks are erased."""
    block, piece = 2 * _BLOCK, bytearray(_PIECE)
    for at in range(0, block, _PIECE):
        device.readblocks(at // _BLOCK, piece, at % _BLOCK)
        if piece.count(b"\xff") != _PIECE:
            return False
    return True


def mount_chosen() -> bool:
    """Mount what is to run; say whether it is on trial. Raises `TrialError` where it is damaged."""
    label, record = choose()
    if record:
        try:
            mount(label)
        except OSError as error:
            print("loader: %s is on trial and does not mount (%s)" % (label, error))
            record.fail()
            label, record = trial.LABELS[record.good], None
        else:
            print("loader: %s is on trial, %d starts left" % (label, record.starts))
    if not record:
        try:
            mount(label)
        except OSError as error:
            time.sleep(_USB_S)
            raise TrialError(
                "the file system %s, the firmware's, is damaged (%s): run `sealmote recover` on the"
                " computer that the board is plugged into" % (label, error)
            )
    sys.argv[:] = [label]
    return record is not None


def start(scope: "dict[str, object]") -> str:
    """Mount, forget the loader, and return the application's boot.py, which has ``scope`` to itself."""
    if mount_chosen():
        machine.WDT(timeout=_TRIAL_MS)
    for name in list(sys.modules):
        if name.split(".")[0] in ("mote", "sealwire"):
            del sys.modules[name]
    for name in list(scope):
        if not name.startswith("__"):
            del scope[name]
    if "boot.py" not in os.listdir("/"):
        return ""
    with open("/boot.py") as file:
        program: str = file.read()
    return program

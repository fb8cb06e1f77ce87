"""Worker process that drives esptool for one board: JSON requests on stdin, events on stdout.

It prints an event a line as JSON. Its stdin stays open for as long as somebody wants the work done:
when it ends, so does this process, and no board is written to behind anyone's back.

    {"event": "state", ...}                 what is on the board
    {"event": "compared", "same": bool}     whether the image that was named is on it, byte for byte
    {"event": "saved", "file": path}        what would have been lost is in this backup
    {"event": "progress", "done", "total"}  bytes
    {"event": "done"}                       written, checked, started
    {"event": "error", "kind", "message"}   kind is the name of the error's class

The action `serve` takes orders, a line of JSON each, until its stdin ends:

    -                                       {"event": "connected", "mac", "chip", "flash_size"}
    {"do": "read", "address", "size"}       {"event": "bytes", "data": base64}
    {"do": "write", "regions": [[name, address, base64], ...]}    progress, {"event": "written"}
    {"do": "reset"}                         {"event": "started"}
"""

import base64
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from sealmote.board.errors import BoardError, ImageError, RefusedError
from sealmote.board.flash import backup, device_state, overwrite_check, relocation
from sealmote.board.flash.bootloader import Bootloader, connected
from sealmote.board.images import formats
from sealmote.board.images.image import Image, Region, fresh_data
from sealmote.errors import SealmoteError
from sealmote.flash_layout import Partition


def main() -> int:
    """Do one request; the exit code is 0 only if all of it is done."""
    request = json.loads(sys.stdin.readline())
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_end_with_stdin, args=(orders,), daemon=True).start()
    try:
        if request["action"] == "look":
            _look(request)
        elif request["action"] == "serve":
            _serve(request["port"], orders)
        else:
            _flash(request)
    except SealmoteError as error:
        _say("error", kind=type(error).__name__, message=str(error))
        return 1
    return 0


def _look(request: dict[str, Any]) -> None:
    image = _image(request) if "image" in request else None
    with connected(request["port"]) as bootloader:
        found = _device_state(bootloader)
        _say("state", **found.to_json())
        if image is not None:
            _say(
                "compared",
                same=overwrite_check.fits(image, found) and bootloader.holds(image.regions),
            )
        bootloader.reset()


def _image(request: dict[str, Any]) -> Image:
    image, digest = formats.read(Path(request["image"]))
    if digest != request["sha256"]:
        raise ImageError(f"{request['image']} has changed since the plan: run the command again")
    return image


def _flash(request: dict[str, Any]) -> None:
    image = _image(request)
    with connected(request["port"]) as bootloader:
        found = _device_state(bootloader)
        _say("state", **found.to_json())
        overwrite_check.check_suits(image, found)
        lost = overwrite_check.losses(image, found)
        if lost and not request["force"]:
            raise RefusedError(overwrite_check.refusal(found, lost))
        if destination := relocation.destination(image, found.store):
            _relocate(bootloader, image, found, destination, request)
        else:
            if lost:
                _save(bootloader, image, found, request)
            place = overwrite_check.data_to_reset(image, found.store)
            # First of all: once the new table is there, whatever lies in its place counts as readings.
            fresh = (fresh_data(place),) if place else ()
            bootloader.write(fresh + image.regions, _say_progress)
        bootloader.reset()
    _say("done")


def _relocate(
    bootloader: Bootloader,
    image: Image,
    found: device_state.DeviceState,
    place: Partition,
    request: dict[str, Any],
) -> None:
    moved = relocation.relocated(bootloader.read, found, place, force=request["force"])
    kept = _save(bootloader, image, found, request)
    try:
        bootloader.write(moved, _say_progress)
    except BoardError as error:
        raise BoardError(
            f"{error}. Configuration and readings are in {kept}: put them back with `sealmote flash "
            f"--force {kept}`, then run the same command again"
        ) from error
    bootloader.write(image.regions, _say_progress)


def _device_state(bootloader: Bootloader) -> device_state.DeviceState:
    return device_state.read_device_state(
        bootloader.mac, bootloader.chip, bootloader.flash_size, bootloader.read
    )


def _save(
    bootloader: Bootloader,
    image: Image,
    found: device_state.DeviceState,
    request: dict[str, Any],
) -> Path:
    regions = overwrite_check.backup_regions(bootloader.read, image, found)
    kept = backup.save(Path(request["backups"]), found.mac, regions)
    _say("saved", file=str(kept))
    return kept


def _serve(port: str, orders: "queue.SimpleQueue[str]") -> None:
    with connected(port) as bootloader:
        _say(
            "connected", mac=bootloader.mac, chip=bootloader.chip, flash_size=bootloader.flash_size
        )
        while True:
            order = json.loads(orders.get())
            if order["do"] == "read":
                data = bootloader.read(order["address"], order["size"])
                _say("bytes", data=base64.b64encode(data).decode())
            elif order["do"] == "write":
                bootloader.write([_region(*part) for part in order["regions"]], _say_progress)
                _say("written")
            else:
                bootloader.reset()
                _say("started")


def _region(name: str, address: int, data: str) -> Region:
    return Region(name, address, base64.b64decode(data))


def _end_with_stdin(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line)
    os._exit(1)


def _say_progress(done: int, total: int) -> None:
    _say("progress", done=done, total=total)


def _say(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Start a flash worker and read its events."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from sealmote.board import errors
from sealmote.board.errors import BoardError, PortError
from sealmote.board.flash.device_state import DeviceState

Event = dict[str, Any]
OnEvent = Callable[[Event], None]

_KINDS: Final = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, BoardError)
}


def look(port: str) -> DeviceState:
    """Reset a board into its bootloader, see what is on it, and start it again. Raises BoardError."""
    found: list[Event] = []
    _run({"action": "look", "port": port}, found.append)
    return _device_state(found, port)


def compare(port: str, image: Path, sha256: str) -> tuple[DeviceState, bool]:
    """Look, as `look` does, and say whether the board has an image, byte for byte. Raises BoardError.

    ``sha256`` is the file's, in hex: another is refused.
    """
    found: list[Event] = []
    request = {"action": "look", "port": port, "image": str(image), "sha256": sha256}
    _run(request, found.append)
    same = any(event["event"] == "compared" and event["same"] for event in found)
    return _device_state(found, port), same


def flash(
    port: str, image: Path, sha256: str, backups: Path, on_event: OnEvent, *, force: bool
) -> DeviceState:
    """Put an image on a board; returns what was there before. Raises BoardError.

    ``sha256`` is the file's, in hex: another is refused. ``on_event`` gets the worker's events (see
    `worker`) as they come.
    """
    found: list[Event] = []

    def take(event: Event) -> None:
        if event["event"] != "progress":
            found.append(event)
        on_event(event)

    request: dict[str, str | bool] = {
        "action": "flash",
        "port": port,
        "image": str(image),
        "sha256": sha256,
        "backups": str(backups),
        "force": force,
    }
    _run(request, take)
    return _device_state(found, port)


def _device_state(events: list[Event], port: str) -> DeviceState:
    for event in events:
        if event["event"] == "state":
            return DeviceState.from_json({k: v for k, v in event.items() if k != "event"})
    raise silent(port)


def silent(port: str) -> PortError:
    """Return the error for a worker that ended in order and had nothing to say."""
    return PortError(
        f"nothing was heard of the board at {port}: plug it in again and try once more"
    )


def _run(request: Mapping[str, str | bool], on_event: OnEvent) -> None:
    with tempfile.TemporaryFile() as complaints, started(request, complaints) as process:
        for event in events(process, complaints, str(request["port"])):
            on_event(event)


def events(process: "subprocess.Popen[str]", complaints: IO[bytes], port: str) -> Iterator[Event]:
    """Yield what a worker says, to its end. Raises BoardError for an error that it tells, or is."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "error":
            raise _KINDS.get(event["kind"], BoardError)(event["message"])
        yield event
    if code := process.wait():
        complaints.seek(0)
        last = complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise PortError(
            f"the work on {port} ended early (exit {code}: {last[:200]}): plug the board "
            "in again and run the same command; report it if it stays so"
        )


@contextmanager
def started(
    request: Mapping[str, str | bool], complaints: IO[bytes]
) -> Iterator["subprocess.Popen[str]"]:
    """Start a worker with a request; it is ended with the block. See `worker` for what it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sealmote.board.flash.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,  # esptool's warnings: told only if the process itself fails
        text=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()  # a no-op where it has ended
        process.wait()
        for pipe in (process.stdin, process.stdout):
            # What a worker that has ended was still to be told; its own last words are the error to tell.
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()

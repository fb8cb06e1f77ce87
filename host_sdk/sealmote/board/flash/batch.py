"""Flash one image onto many boards: inspect, plan, then write in parallel."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sealmote.board.errors import BoardError, ImageError, RefusedError
from sealmote.board.flash import overwrite_check, relocation, worker_client
from sealmote.board.flash.device_state import DeviceState
from sealmote.board.flash.journal import Entry, Journal, Result
from sealmote.board.flash.worker_client import Event
from sealmote.board.images import formats
from sealmote.board.images.image import Image
from sealmote.board.port import ports, probe
from sealmote.board.port.ports import Port
from sealmote.board.port.probe import Answer
from sealmote.common.plural import counted

AT_ONCE: Final = 16

Action = Literal["write", "skip", "refuse", "unreachable", "look"]


@dataclass(frozen=True)
class FlashRequest:
    """What is to be flashed, and how: the file, its image, its SHA-256 in hex."""

    file: Path
    image: Image
    sha256: str
    backups: Path
    force: bool = False
    again: bool = False

    @classmethod
    def read(
        cls, file: Path, backups: Path, *, force: bool = False, again: bool = False
    ) -> "FlashRequest":
        """Read the image's file; ImageError if it is none."""
        image, digest = formats.read(file)
        return cls(file, image, digest, backups, force, again)


@dataclass(frozen=True)
class Step:
    """What is to become of one board, and why. "look": nothing, until it may be reset to look at it.

    ``answer`` is what MicroPython on it said.
    """

    port: Port
    action: Action
    why: str
    state: DeviceState | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it; ``detail`` is None where all went well."""

    step: Step
    done: bool
    detail: str | None = None
    backup: str | None = None


_LEFT_ALONE: Final = (
    "it runs (boot {}); what is in its flash is read after a reset only, which takes a boot number: --plan"
    " --yes resets it"
)

OnEvent = Callable[[Step, Event], None]


def plan(request: FlashRequest, candidates: Iterable[Port], *, reset: bool = True) -> list[Step]:
    """Look at every board, and say what is to be done with it; nothing is written.

    What is in a board's flash its bootloader tells, after a reset, which takes a boot number: without
    ``reset`` a running Sealmote is left alone.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda port: _plan_one(request, port, reset=reset), candidates))


def carry_out(
    request: FlashRequest, steps: Iterable[Step], journal: Journal, on_event: OnEvent
) -> list[Outcome]:
    """Write to every board whose step says so, all at once; each result is in the journal on return."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda step: _carry_out_one(request, step, journal, on_event), steps))


def _plan_one(request: FlashRequest, port: Port, *, reset: bool) -> Step:
    answer = None
    try:
        answer = probe.ask(port.device)
        if answer is not None:
            overwrite_check.check_chip(request.image, answer.mac, answer.chip)
            if answer.boot is not None and not reset:
                return Step(port, "look", _LEFT_ALONE.format(answer.boot), answer=answer)
        found, same = worker_client.compare(
            ports.current(port).device, request.file, request.sha256
        )
    except ImageError as error:
        return Step(port, "refuse", str(error), answer=answer)
    except BoardError as error:
        return Step(port, "unreachable", str(error), answer=answer)
    try:
        overwrite_check.check_suits(request.image, found)
    except ImageError as error:
        return Step(port, "refuse", str(error), found, answer)
    if same and not request.again:
        return Step(port, "skip", "it has this image, byte for byte", found, answer)
    lost = overwrite_check.losses(request.image, found)
    if lost and not request.force:
        return Step(port, "refuse", overwrite_check.refusal(found, lost), found, answer)
    kept = f"; a backup keeps {' and '.join(lost)}" if lost else ""
    if relocation.destination(request.image, found.store):
        kept += "; configuration and readings move to this image's layout, and a backup keeps them"
    return Step(port, "write", counted(len(request.image.regions), "region") + kept, found, answer)


def _carry_out_one(
    request: FlashRequest, step: Step, journal: Journal, on_event: OnEvent
) -> Outcome:
    found = step.state
    if step.action == "skip" and found is not None:
        if not journal.has(found.mac, request.sha256):
            journal.append(_entry(request, step, found, "flashed", "it had the image already"))
        return Outcome(step, done=True)
    if step.action != "write" or found is None:
        return Outcome(step, done=False, detail=step.why)
    saved: list[str] = []

    def take(event: Event) -> None:
        if event["event"] == "saved":
            saved.append(event["file"])
        on_event(step, event)

    journal.append(_entry(request, step, found, "begun"))  # durable before the first byte
    result, detail = _write(request, step, take)
    backup = saved[0] if saved else None
    journal.append(_entry(request, step, found, result, detail, backup))
    return Outcome(step, result == "flashed", detail, backup)


def _entry(
    request: FlashRequest,
    step: Step,
    found: DeviceState,
    result: Result,
    detail: str | None = None,
    backup: str | None = None,
) -> Entry:
    key = step.answer.key if step.answer else None
    port = step.port.device
    return Entry(found.mac, found.chip, port, request.sha256, key, result, detail, backup)


def _write(
    request: FlashRequest, step: Step, take: Callable[[Event], None]
) -> tuple[Result, str | None]:
    port = ports.current(step.port).device
    try:
        worker_client.flash(
            port, request.file, request.sha256, request.backups, take, force=request.force
        )
    except RefusedError as error:
        return "refused", str(error)
    except BoardError as error:
        return "failed", str(error)
    return "flashed", None

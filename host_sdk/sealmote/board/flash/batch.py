"""Flash one image onto many boards: inspect, plan, then write in parallel."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sealmote.board.errors import BoardError, ImageError, RefusedError
from sealmote.board.flash import overwrite_check, worker_client
from sealmote.board.flash.device_state import Standing
from sealmote.board.flash.journal import Entry, Ledger, Result
from sealmote.board.flash.worker_client import Event
from sealmote.board.images import formats
from sealmote.board.images.image import Image
from sealmote.board.port import ports, probe
from sealmote.board.port.ports import Port
from sealmote.board.port.probe import Answer

AT_ONCE: Final = 16

Action = Literal["write", "skip", "refuse", "unreachable", "look"]


@dataclass(frozen=True)
class Order:
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
    ) -> "Order":
        """Read the image's file; ImageError if it is none."""
        image, digest = formats.read(file)
        return cls(file, image, digest, backups, force, again)


@dataclass(frozen=True)
class Step:
    """What is to become of one board, and why. "look": nothing, until it may be reset to look at it.

    ``told`` is what MicroPython on it said.
    """

    port: Port
    action: Action
    why: str
    standing: Standing | None = None
    told: Answer | None = None


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


def plan(order: Order, candidates: Iterable[Port], *, reset: bool = True) -> list[Step]:
    """Look at every board, and say what is to be done with it; nothing is written.

    What is in a board's flash its bootloader tells, after a reset, which takes a boot number: without
    ``reset`` a running Sealmote is left alone.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda port: _plan_one(order, port, reset=reset), candidates))


def carry_out(
    order: Order, steps: Iterable[Step], ledger: Ledger, on_event: OnEvent
) -> list[Outcome]:
    """Write to every board whose step says so, all at once; each result is in the ledger on return."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda step: _carry_out_one(order, step, ledger, on_event), steps))


def _plan_one(order: Order, port: Port, *, reset: bool) -> Step:
    told = None
    try:
        told = probe.ask(port.device)
        if told is not None:
            overwrite_check.check_chip(order.image, told.mac, told.chip)
            if told.boot is not None and not reset:
                return Step(port, "look", _LEFT_ALONE.format(told.boot), told=told)
        found, same = worker_client.compare(ports.current(port).device, order.file, order.sha256)
    except ImageError as error:
        return Step(port, "refuse", str(error), told=told)
    except BoardError as error:
        return Step(port, "unreachable", str(error), told=told)
    try:
        overwrite_check.check_suits(order.image, found)
    except ImageError as error:
        return Step(port, "refuse", str(error), found, told)
    if same and not order.again:
        return Step(port, "skip", "it has this image, byte for byte", found, told)
    lost = overwrite_check.costs(order.image, found)
    if lost and not order.force:
        return Step(port, "refuse", overwrite_check.refusal(found, lost), found, told)
    kept = f"; a backup keeps {' and '.join(lost)}" if lost else ""
    return Step(port, "write", f"{len(order.image.regions)} regions{kept}", found, told)


def _carry_out_one(order: Order, step: Step, ledger: Ledger, on_event: OnEvent) -> Outcome:
    found = step.standing
    if step.action == "skip" and found is not None:
        if not ledger.has(found.mac, order.sha256):
            ledger.append(_entry(order, step, found, "flashed", "it had the image already"))
        return Outcome(step, done=True)
    if step.action != "write" or found is None:
        return Outcome(step, done=False, detail=step.why)
    saved: list[str] = []

    def take(event: Event) -> None:
        if event["event"] == "saved":
            saved.append(event["file"])
        on_event(step, event)

    ledger.append(_entry(order, step, found, "begun"))  # durable before the first byte
    result, detail = _write(order, step, take)
    backup = saved[0] if saved else None
    ledger.append(_entry(order, step, found, result, detail, backup))
    return Outcome(step, result == "flashed", detail, backup)


def _entry(
    order: Order,
    step: Step,
    found: Standing,
    result: Result,
    detail: str | None = None,
    backup: str | None = None,
) -> Entry:
    key = step.told.key if step.told else None
    port = step.port.device
    return Entry(found.mac, found.chip, port, order.sha256, key, result, detail, backup)


def _write(order: Order, step: Step, take: Callable[[Event], None]) -> tuple[Result, str | None]:
    port = ports.current(step.port).device
    try:
        worker_client.flash(port, order.file, order.sha256, order.backups, take, force=order.force)
    except RefusedError as error:
        return "refused", str(error)
    except BoardError as error:
        return "failed", str(error)
    return "flashed", None

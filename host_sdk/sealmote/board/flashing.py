"""One image onto many boards: look at them all, plan, then write to all of them at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sealmote.board import formats, jobs, losses, ports, question
from sealmote.board.errors import BoardError, ImageError, RefusedError
from sealmote.board.image import Image
from sealmote.board.jobs import Event
from sealmote.board.ledger import Entry, Ledger
from sealmote.board.ports import Port
from sealmote.board.standing import Standing

AT_ONCE: Final = 16

Action = Literal["write", "skip", "refuse", "unreachable"]


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
    """What is to become of one board, and why."""

    port: Port
    action: Action
    why: str
    standing: Standing | None = None
    key: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it; ``detail`` is None where all went well."""

    step: Step
    done: bool
    detail: str | None = None
    backup: str | None = None


OnEvent = Callable[[Step, Event], None]


def plan(order: Order, candidates: Iterable[Port], ledger: Ledger) -> list[Step]:
    """Look at every board, and say what is to be done with it; nothing is written."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda port: _plan_one(order, port, ledger), candidates))


def carry_out(
    order: Order, steps: Iterable[Step], ledger: Ledger, on_event: OnEvent
) -> list[Outcome]:
    """Write to every board whose step says so, all at once; each result is in the ledger on return."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda step: _carry_out_one(order, step, ledger, on_event), steps))


def _plan_one(order: Order, port: Port, ledger: Ledger) -> Step:
    try:
        answer = question.ask(port.device)
        found = jobs.look(ports.current(port).device)
    except BoardError as error:
        return Step(port, "unreachable", str(error))
    key = answer.key if answer else None
    try:
        losses.check_suits(order.image, found)
    except ImageError as error:
        return Step(port, "refuse", str(error), found, key)
    if not order.again and ledger.has(found.mac, order.sha256):
        return Step(port, "skip", "the ledger says that it has this image", found, key)
    lost = losses.costs(order.image, found)
    if lost and not order.force:
        return Step(port, "refuse", losses.refusal(found, lost), found, key)
    kept = f"; a backup keeps {' and '.join(lost)}" if lost else ""
    return Step(port, "write", f"{len(order.image.regions)} regions{kept}", found, key)


def _carry_out_one(order: Order, step: Step, ledger: Ledger, on_event: OnEvent) -> Outcome:
    if step.action != "write" or step.standing is None:
        return Outcome(step, step.action == "skip", None if step.action == "skip" else step.why)
    saved: list[str] = []

    def take(event: Event) -> None:
        if event["event"] == "saved":
            saved.append(event["file"])
        on_event(step, event)

    result, detail = _write(order, step, take)
    backup = saved[0] if saved else None
    before = step.standing
    ledger.append(
        Entry(
            before.mac,
            before.chip,
            step.port.device,
            order.sha256,
            step.key,
            result,
            detail,
            backup,
        )
    )
    return Outcome(step, result == "flashed", detail, backup)


def _write(
    order: Order, step: Step, take: Callable[[Event], None]
) -> tuple[Literal["flashed", "failed", "refused"], str | None]:
    port = ports.current(step.port).device
    try:
        jobs.flash(port, order.file, order.sha256, order.backups, take, force=order.force)
    except RefusedError as error:
        return "refused", str(error)
    except BoardError as error:
        return "failed", str(error)
    return "flashed", None

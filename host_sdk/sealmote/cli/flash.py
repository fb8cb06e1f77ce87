"""`sealmote flash`: an image onto one board, or onto all that are plugged in."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from sealmote.board.errors import PortError
from sealmote.board.flash.batch import FlashRequest, Outcome, Step, carry_out, plan
from sealmote.board.flash.journal import Journal
from sealmote.board.flash.worker_client import Event
from sealmote.board.port import ports
from sealmote.board.port.ports import Port
from sealmote.cli.common.confirm import agree_to_plan
from sealmote.cli.common.output import JsonOption, escape, print_json, stderr, stdout


def flash(
    file: Annotated[Path, typer.Argument(help="Image: FILE.hex of `sealmote build`, or a backup.")],
    port: Annotated[list[str] | None, typer.Option("--port", "-p", help="May be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All boards that are plugged in.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask after the plan, nor before a reset.")
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Show the plan; write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option(help="Overwrite an identity or unsent readings, after a backup.")
    ] = False,
    again: Annotated[bool, typer.Option(help="Also boards that have this image.")] = False,
    journal: Annotated[Path, typer.Option(help="JSON lines: what each board got.")] = Path(
        "sealmote-flash-journal.jsonl"
    ),
    backups: Annotated[Path, typer.Option(help="Folder for backups, which hold keys.")] = Path(
        "sealmote-backups"
    ),
    json: JsonOption = False,
) -> None:
    """Put an image on boards: shows the plan, asks, then writes to all of them at once.

    Looking at a board's flash resets it; --plan leaves a running one alone, unless --yes is said too.
    Exit code 0 only if every board has the image, or with --plan could get it.

    Example: sealmote flash esp32c3.hex --all
    """
    request = FlashRequest.read(file, backups, force=force, again=again)
    record = Journal(journal)
    # Writing resets a board in any case; a mere look asks for it by --yes.
    steps = plan(request, _chosen(port, every=every), reset=yes or not plan_only)
    if not json:
        stdout.print(plan_table(steps))
        _complain((step.port.device, step.why) for step in steps if step.action in _BAD)
    if plan_only:
        if json:
            print_json([_step(step) for step in steps])
        raise typer.Exit(1 if any(step.action in _BAD for step in steps) else 0)
    if any(step.action == "write" for step in steps) and not yes:
        agree_to_plan()
    outcomes = carry_out_visibly(request, steps, record, quiet=json)
    _report(outcomes, as_json=json)
    raise typer.Exit(0 if all(outcome.done for outcome in outcomes) else 1)


_BAD = ("refuse", "unreachable")


def _chosen(names: list[str] | None, *, every: bool) -> list[Port]:
    if names:
        return ports.choose(names)
    found = ports.plugged_in()
    if not found:
        raise PortError("no board is plugged in: use a cable that carries data, or name its --port")
    if len(found) > 1 and not every:
        listed = ", ".join(one.device for one in found)
        raise PortError(f"several boards are plugged in ({listed}): name one --port, or say --all")
    return found


def carry_out_visibly(
    request: FlashRequest, steps: list[Step], journal: Journal, *, quiet: bool
) -> list[Outcome]:
    """Carry a plan out, with a bar for each board unless ``quiet``."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr, disable=quiet) as bars:
        tasks: dict[str, TaskID] = {
            step.port.device: bars.add_task(escape(step.port.device), total=None)
            for step in steps
            if step.action == "write"
        }

        def show(step: Step, event: Event) -> None:
            if event["event"] == "progress":
                bars.update(tasks[step.port.device], completed=event["done"], total=event["total"])

        return carry_out(request, steps, journal, show)


def plan_table(steps: list[Step]) -> Table:
    """Return what is to become of each board, for people."""
    table = Table(box=None, pad_edge=False)
    for heading in ("port", "MAC", "chip", "runs", "plan"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        known = tuple(text or "–" for text in _known(step))
        why = step.action if step.action in _BAD else f"{step.action}: {step.why}"
        table.add_row(step.port.device, *known, why)
    return table


def _known(step: Step) -> tuple[str | None, str | None, str | None]:
    """MAC, chip, and what runs on a board."""
    seen, answer = step.state, step.answer
    if seen:
        return seen.mac, seen.chip, seen.runs
    if answer:
        return (
            answer.mac,
            answer.chip,
            f"Sealmote {answer.sealmote}" if answer.sealmote else "MicroPython",
        )
    return None, None, None


def _report(outcomes: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        print_json([_outcome(outcome) for outcome in outcomes])
        return
    written = sum(outcome.done and outcome.step.action == "write" for outcome in outcomes)
    skipped = sum(outcome.step.action == "skip" for outcome in outcomes)
    stdout.say(f"{written} of {len(outcomes)} boards written, {skipped} had the image already")
    for outcome in outcomes:
        if outcome.backup:
            stdout.say(f"backup of {outcome.step.port.device}: {outcome.backup}")
    _complain(
        (outcome.step.port.device, outcome.detail)
        for outcome in outcomes
        if outcome.detail and outcome.step.action == "write"
    )


def _complain(faults: Iterable[tuple[str, str | None]]) -> None:
    for port, fault in faults:
        stderr.styled(f"[red]{escape(port)}[/]: {escape(fault or '')}")


def _step(step: Step) -> dict[str, object]:
    mac, chip, _ = _known(step)
    return {
        "port": step.port.device,
        "mac": mac,
        "chip": chip,
        "action": step.action,
        "why": step.why,
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {
        **_step(outcome.step),
        "done": outcome.done,
        "detail": outcome.detail,
        "backup": outcome.backup,
    }

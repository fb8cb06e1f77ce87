"""`sealmote recover`: a board whose files are damaged works again, with its key."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from sealmote.board.flash import bootloader_session
from sealmote.board.flash.bootloader_session import BootloaderSession
from sealmote.board.port import ports, probe
from sealmote.board.port.ports import Port
from sealmote.board.recovery.repair import Diagnosis, Volume, diagnose, repair, segments
from sealmote.cli.common.confirm import agree, agree_to_plan
from sealmote.cli.common.output import JsonOption, escape, print_json, stderr, stdout
from sealmote.cli.common.provisioning_options import only_port
from sealmote.common.plural import counted
from sealmote.flash_layout import SLOTS
from sealmote.sim.storage import firmware


def recover(
    port: Annotated[
        str | None, typer.Option("--port", "-p", help="Needed if several are there.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask after the plan, nor before a reset.")
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Show the plan; write nothing.")
    ] = False,
    backups: Annotated[Path, typer.Option(help="Folder for backups, which hold secrets.")] = Path(
        "sealmote-backups"
    ),
    json: JsonOption = False,
) -> None:
    """Mend a board's filesystems over USB: firmware, configuration, readings. Its key is never touched.

    The firmware is put back from this installation, compiled for the board's MicroPython; of configuration
    and readings what can be read is put back. Everything that is overwritten is in a backup first.
    Reading the files resets the board: one that runs is reset only if somebody agrees, or says --yes.

    Exit code 0 only if nothing is the matter, or it is fixed.

    Example: sealmote recover --port /dev/ttyUSB0
    """
    chosen = only_port(port)
    if not yes:
        _agree_to_reset(chosen)
    with bootloader_session.opened(ports.current(chosen).device) as board:
        if not json:
            stderr.say(f"reading board {board.mac} ({board.chip}) …")
        found = diagnose(board, firmware.files(), firmware.loader())
        if not json:
            _show(found)
        kept = None
        if not found.sound and not plan_only:
            if not yes:
                agree_to_plan()
            kept = _repair(board, found, backups, quiet=json)
        board.reset()
    if json:
        print_json({**_as_object(found), "mended": kept is not None, "backup": kept and str(kept)})
    elif kept is not None:
        stdout.say(f"mended; what was there is in {kept}")
    raise typer.Exit(0 if found.sound or kept is not None else 1)


def _agree_to_reset(port: Port) -> None:
    """Ask before a running board is reset, which takes a boot number. Raises PortError, typer.Abort."""
    running = probe.running(port.device)
    if running is None:
        return
    why = f"the board at {port.device} runs (boot {running.boot}); reading its files resets it"
    agree(
        f"{why}. Reset it?",
        f"{why}, which takes a boot number: say --yes, with --plan to write nothing",
    )


def _repair(board: BootloaderSession, found: Diagnosis, backups: Path, *, quiet: bool) -> Path:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr, disable=quiet) as bars:
        task = bars.add_task(escape(board.port), total=None)
        return repair(
            board,
            found,
            backups,
            lambda done, total: bars.update(task, completed=done, total=total),
        )


def _show(found: Diagnosis) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("partition", "state", "plan"):
        table.add_column(heading, overflow="fold")
    for volume in found.volumes:
        state = f"{volume.state}: {volume.why}" if volume.why else volume.state
        table.add_row(volume.place.label, state, _plan(volume))
    if found.trial is None:
        table.add_row(found.record.label, "damaged", f"made anew; {SLOTS[0]} runs")
    elif found.trial.explanation:
        table.add_row(found.record.label, found.trial.explanation, "stays as it is")
    table.add_row("identity", "", "never touched")
    stdout.print(table)
    if not found.configured:
        stdout.say("no configuration: `sealmote provision` gives the board one")


def _plan(volume: Volume) -> str:
    if volume.state != "damaged":
        return "stays as it is"
    begin = "made anew; " if volume.place.label == "data" else "this installation's firmware; "
    count = segments(volume.kept)
    kept = [path for path in volume.kept if not path.endswith(".seg")]
    if count:
        kept.append(f"{counted(count, 'segment')} of the outbox")
    parts = [f"put back: {', '.join(kept)}" if kept else "nothing to put back"]
    if volume.lost:
        parts.append(f"lost: {', '.join(volume.lost)}")
    return begin + "; ".join(parts)


def _as_object(found: Diagnosis) -> dict[str, object]:
    return {
        "mac": found.mac,
        "chip": found.chip,
        "micropython": found.release,
        "configured": found.configured,
        "partitions": {
            volume.place.label: {
                "state": volume.state,
                "why": volume.why or None,
                "kept": volume.kept,
                "lost": volume.lost,
            }
            for volume in found.volumes
        },
        "trial": asdict(found.trial) if found.trial else None,
    }

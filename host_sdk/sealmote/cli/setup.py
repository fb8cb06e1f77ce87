"""`sealmote setup`: from a bare board to its first verified reading."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Annotated, Final

import typer

from sealmote.board import image, jobs, ports
from sealmote.board.errors import BoardError
from sealmote.board.flashing import Order, plan
from sealmote.board.ledger import Ledger
from sealmote.board.output import write
from sealmote.board.ports import Port
from sealmote.board.sources import choose_base
from sealmote.board.watching import Watch
from sealmote.cli.build import BaseOption
from sealmote.cli.chains import AccountOption, DeploymentOption, DevAccountOption, RpcOption
from sealmote.cli.flash import carry_out_visibly, confirm, plan_table
from sealmote.cli.making import (
    AlgOption,
    BoardOption,
    FileOption,
    GatewayArgument,
    OwnerOption,
    PortOption,
    QrOption,
    SsidOption,
    Told,
    TryOption,
    UrlOption,
    ask,
    only_port,
    say,
    show,
    tell,
)
from sealmote.cli.monitor import print_event
from sealmote.cli.output import JsonOption, print_json, stdout
from sealmote.cli.story import print_story
from sealmote.gateway import Gateway
from sealmote.log.note import NoteKey
from sealmote.provisioning import flow
from sealmote.provisioning.errors import TargetError
from sealmote.provisioning.target import Target
from sealmote.provisioning.watch import FirstReading, first_reading, log_size
from sealmote.sim import firmware

_LEDGER: Final = Path("sealmote-ledger.jsonl")
_BACKUPS: Final = Path("sealmote-backups")
_BACK_S: Final = 10.0  # native USB disappears at a reset and comes back


def setup(
    gateway: GatewayArgument,
    port: PortOption = None,
    base: BaseOption = None,
    url: UrlOption = None,
    file: FileOption = None,
    wifi: SsidOption = None,
    owner: OwnerOption = None,
    alg: AlgOption = None,
    board: BoardOption = None,
    try_wifi: TryOption = True,
    qr: QrOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before flashing.")] = False,
    again: Annotated[bool, typer.Option(help="Flash even if the board has this firmware.")] = False,
    force: Annotated[
        bool, typer.Option(help="Overwrite an identity or unsent readings, after a backup.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for the first reading.")
    ] = 180,
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    account: AccountOption = None,
    dev_account: DevAccountOption = False,
    json: JsonOption = False,
) -> None:
    """Flash a board, make it yours, and show its first reading, verified.

    Exit code 0 only if a reading came that verifies: its signature by the board's key, and its place in
    the gateway's log. The gateway has to run.

    Example: sealmote setup my-gateway --wifi home
    """
    given = Told(
        gateway,
        url,
        file,
        wifi,
        owner,
        alg,
        board,
        try_wifi,
        rpc,
        deployment,
        account,
        dev_account,
    )
    with ExitStack() as held:
        order = given.order(held)
        if not order.target.answers:
            raise TargetError(
                f"no gateway answers at {order.target.pin.url}, so no reading could come: run"
                f" `sealmote gateway run {gateway} --host 0.0.0.0` first, or name --url"
            )
        chosen = only_port(port)
        _flash(chosen, base, yes=yes, again=again, force=force, quiet=json)
        since = log_size(order.target.pin.url)
        made = flow.carry_out(chosen, order, ask, say, _BACK_S)
    found = _first_reading(chosen, order.target, made, since, patience, quiet=json)
    told = tell(made, order.target.pin, qr)
    if json:
        print_json({**told, "leaf": found.leaf, "proof": found.proof.to_dict()})
        return
    show(made, told)
    stdout.print(f"[bold green]its first reading, leaf {found.leaf}, verified:[/]")
    print_story(found.proof, found.report)


def _flash(
    port: Port, base: Path | None, *, yes: bool, again: bool, force: bool, quiet: bool
) -> None:
    say("looking at the board")
    chip = jobs.look(ports.current(port).device).chip
    with tempfile.TemporaryDirectory(prefix="sealmote-") as folder:
        say(f"building the firmware for {chip}")
        made = image.build(choose_base(chip, base), firmware.files())
        written = write(made, Path(folder) / f"{chip}.hex")
        order = Order.read(written.hex, _BACKUPS, force=force, again=again)
        book = Ledger(_LEDGER)
        steps = plan(order, [port])
        (step,) = steps
        if step.action == "skip":
            say("it has this firmware already")
            return
        if not quiet:
            stdout.print(plan_table(steps))
        if step.action != "write":
            raise BoardError(step.why)
        if not yes:
            confirm()
        (outcome,) = carry_out_visibly(order, steps, book, quiet=quiet)
    if not outcome.done:
        raise BoardError(outcome.detail or "the board was not written: try again")


def _first_reading(
    port: Port, at: Target, made: flow.Provisioned, since: int, patience: float, *, quiet: bool
) -> FirstReading:
    """Show what the board says until its first reading is verified."""
    say("waiting for its first reading")
    watch = Watch(port, patience_s=_BACK_S)
    shown = Thread(target=_show_lines, args=(watch, quiet), name="serial line", daemon=True)
    shown.start()
    try:
        return first_reading(at.pin.url, made.identity.key, since, patience, _log_key(at))
    finally:
        watch.stop()
        shown.join()


def _show_lines(watch: Watch, quiet: bool) -> None:
    try:
        for event in watch.events():
            if not quiet:
                print_event(event)
    except BoardError as error:
        say(f"the board's own words cannot be shown: {error}")


def _log_key(at: Target) -> NoteKey | None:
    if at.folder is None:
        return None
    with Gateway.open(at.folder) as gateway:
        return gateway.log_key

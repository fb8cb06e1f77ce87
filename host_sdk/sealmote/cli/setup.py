"""`sealmote setup`: from a bare board to its first verified reading."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Annotated, Final

import typer

from sealmote.board.errors import BoardError
from sealmote.board.flash import worker_client
from sealmote.board.flash.batch import FlashRequest, plan
from sealmote.board.flash.journal import Journal
from sealmote.board.images import image
from sealmote.board.images.artifacts import write
from sealmote.board.images.base_sources import choose_base
from sealmote.board.port import lines, ports, probe
from sealmote.board.port.monitor import Monitor
from sealmote.board.port.ports import Port
from sealmote.cli.build import BaseOption
from sealmote.cli.common.chain_options import (
    AccountOption,
    DeploymentOption,
    DevAccountOption,
    RpcOption,
)
from sealmote.cli.common.confirm import agree_to_plan
from sealmote.cli.common.output import JsonOption, escape, print_json, stderr, stdout
from sealmote.cli.common.proof_output import print_explanation
from sealmote.cli.common.provisioning_options import (
    AlgOption,
    BoardOption,
    CaOption,
    FileOption,
    GatewayArgument,
    OwnerOption,
    PortOption,
    ProvisioningOptions,
    QrOption,
    SsidOption,
    TryOption,
    UrlOption,
    ask,
    only_port,
    say,
    show,
    summarize,
)
from sealmote.cli.flash import carry_out_visibly, plan_table
from sealmote.cli.monitor import print_event
from sealmote.common.fault_log import describe
from sealmote.gateway import Gateway
from sealmote.log.note import NoteKey
from sealmote.provisioning import flow
from sealmote.provisioning.board_warnings import BoardWarnings
from sealmote.provisioning.errors import NoReadingError, SensorFailedError, TargetError
from sealmote.provisioning.first_reading import (
    Baseline,
    Endpoint,
    FirstReading,
    first_reading,
    log_size,
)
from sealmote.provisioning.target import Target
from sealmote.sim.storage import firmware

_JOURNAL: Final = Path("sealmote-flash-journal.jsonl")
_BACKUPS: Final = Path("sealmote-backups")
_STATUS_EVERY_S: Final = 2.0  # a line that came before the port was open again is repeated in it
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
    ca: CaOption = None,
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

    Exit code 0 only if a reading that the board took since came and verifies (its signature by the board's
    key, its place in the gateway's log), and no sensor failed. The gateway has to run.

    Example: sealmote setup my-gateway --wifi home
    """
    given = ProvisioningOptions(
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
        ca,
    )
    with ExitStack() as held:
        request = given.request(held)
        if not request.target.answers:
            raise TargetError(
                f"no gateway answers at {request.target.pin.url}, so no reading could come: run"
                f" `sealmote gateway run {gateway} --host 0.0.0.0` first, or name --url; for https with"
                " a CA of its own, name that with --ca"
            )
        chosen = only_port(port)
        _flash(chosen, base, yes=yes, again=again, force=force, quiet=json)
        since = log_size(request.target.pin.url, request.target.tls)
        made = flow.carry_out(chosen, request, ask, say, _BACK_S)
    heard = BoardWarnings()
    baseline = Baseline(since, made.identity.last_boot)
    found = _first_reading(chosen, request.target, made, baseline, patience, heard, quiet=json)
    summary = summarize(made, request.target.pin, qr)
    if json:
        more = {"leaf": found.leaf, "proof": found.proof.to_dict(), "warnings": heard.all}
        print_json({**summary, **more})
    else:
        show(made, summary)
        stdout.styled(f"[bold green]its first reading, leaf {found.leaf}, verified:[/]")
        print_explanation(found.proof, found.report)
    _warn(heard)


def _warn(heard: BoardWarnings) -> None:
    """Say again what scrolled by. Raises SensorFailedError if a sensor gave nothing."""
    for text in heard.all:
        stderr.styled(f"[yellow]the board warns:[/] {escape(text)}")
    if heard.of_sensors:
        raise SensorFailedError(
            f"the board is set up, and a sensor gives no values ({heard.of_sensors[-1]}): check its "
            "wiring and its pins (--board, or i2c in --file), then run `sealmote provision` with what "
            "has changed"
        )


def _flash(
    port: Port, base: Path | None, *, yes: bool, again: bool, force: bool, quiet: bool
) -> None:
    say("looking at the board")
    answer = probe.ask(port.device)  # who runs says it without a reset
    chip = answer.chip if answer else worker_client.look(ports.current(port).device).chip
    with tempfile.TemporaryDirectory(prefix="sealmote-") as folder:
        say(f"building the firmware for {chip}")
        made = image.build(choose_base(chip, base), firmware.files(), firmware.loader())
        written = write(made, Path(folder) / f"{chip}.hex")
        request = FlashRequest.read(written.hex, _BACKUPS, force=force, again=again)
        journal = Journal(_JOURNAL)
        steps = plan(request, [port])
        (step,) = steps
        if step.action == "skip":
            say("it has this firmware already")
            return
        if not quiet:
            stdout.print(plan_table(steps))
        if step.action != "write":
            raise BoardError(step.why)
        if not yes:
            agree_to_plan()
        (outcome,) = carry_out_visibly(request, steps, journal, quiet=quiet)
    if not outcome.done:
        raise BoardError(outcome.detail or "the board was not written: try again")


def _first_reading(
    port: Port,
    at: Target,
    made: flow.Provisioned,
    baseline: Baseline,
    patience: float,
    heard: BoardWarnings,
    *,
    quiet: bool,
) -> FirstReading:
    """Show what the board says until its first reading is verified."""
    say("waiting for its first reading")
    monitor = Monitor(port, _STATUS_EVERY_S, _BACK_S)
    shown = Thread(
        target=_show_lines, args=(monitor, heard, quiet), name="serial line", daemon=True
    )
    shown.start()
    endpoint = Endpoint(at.pin.url, at.tls)
    try:
        return first_reading(endpoint, made.identity.key, baseline, patience, _log_key(at))
    except NoReadingError as error:
        if heard.all:
            raise NoReadingError(f"{error}. The board says: {'; '.join(heard.all)}") from error
        raise
    finally:
        monitor.stop()
        shown.join()


def _show_lines(monitor: Monitor, heard: BoardWarnings, quiet: bool) -> None:
    try:
        for event in monitor.events():
            line = lines.parse(event.text)
            if event.kind == "line":
                heard.hear(line)
            if not quiet and line.status is None:
                print_event(event)
    except Exception as error:  # noqa: BLE001  # it only shows; the reading is waited for without it
        say(f"the board's log cannot be shown: {describe(error)}")


def _log_key(at: Target) -> NoteKey | None:
    if at.folder is None:
        return None
    with Gateway.open(at.folder) as gateway:
        return gateway.log_key

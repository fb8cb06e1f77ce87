"""`sealmote device acks`: the acknowledgements by which a gateway refused a board's readings."""

from pathlib import Path
from typing import Annotated

import typer

from sealmote.board import refusals
from sealmote.board.port.session import stopped
from sealmote.board.refusals import KeptRefusals, Refusal
from sealmote.cli.common.byte_argument import SourceError, read_public_key
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stdout
from sealmote.cli.common.provisioning_options import PortOption, only_port
from sealmote.inspection import inspect
from sealwire.keys import PublicKey


def acknowledgements(
    port: PortOption = None,
    sim: Annotated[
        Path | None, typer.Option(help="A simulated board's folder, while it is off.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder to save them in.")
    ] = Path(),
    key: Annotated[
        str | None,
        typer.Option(
            help="The gateway's public COSE_Key, file or hex; the one that the board has pinned if absent."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fetch what a board keeps of its gateway's refusals, check it, and save each as HASH.ack.

    A board keeps an acknowledgement that refused something until a statement of it has been acknowledged.
    A board at a port is stopped for the question, and reset in the end. Exit code 0 only if each
    acknowledgement is whole and the gateway's.

    Example: sealmote device acks --port /dev/ttyUSB0 -o refusals
    """
    kept = _asked(port, sim)
    trusted = read_public_key(key) if key else kept.key
    if trusted is None and kept.refusals:
        raise SourceError("the board has no gateway's key pinned: name the gateway's with --key")
    found = [(one, _save(one, output), _problem(one, trusted)) for one in kept.refusals]
    if json:
        print_json({"refusals": [_as_object(*one) for one in found]})
    else:
        _show(found)
    raise typer.Exit(0 if all(problem is None for _, _, problem in found) else 1)


def _asked(port: str | None, sim: Path | None) -> KeptRefusals:
    if sim is not None:
        from sealmote.sim import Board  # noqa: PLC0415 - an extra that a board at a port has no need of

        return refusals.ask(Board.open(sim))
    with stopped(only_port(port)) as board:
        return refusals.ask(board)


def _problem(one: Refusal, key: PublicKey | None) -> str | None:
    assert key is not None  # where there is a refusal
    return one.problem(key)


def _save(one: Refusal, folder: Path) -> Path | None:
    if one.message is None:
        return None
    path = folder / f"{one.hash.hex()}.ack"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.message)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be written ({error.strerror}): name another --output"
        ) from error
    return path


def _show(found: list[tuple[Refusal, Path | None, str | None]]) -> None:
    if not found:
        stdout.print(
            "the board keeps no refusals: nothing was refused, or all of it has been stated"
        )
    for one, path, problem in found:
        fields = [("refused", text) for text in one.explain()]
        if not fields:
            fields = [("refused", "nothing that is still to be stated")]
        if one.message is not None:
            fields += [field for field in inspect(one.message).fields if field[0] != "algorithm"]
        fields.append(("checked", problem or "whole, and signed by the gateway's key"))
        fields.append(("saved", str(path) if path else "nothing"))
        print_fields(f"acknowledgement {one.hash.hex()}", fields)


def _as_object(one: Refusal, path: Path | None, problem: str | None) -> dict[str, object]:
    return {
        "hash": one.hash.hex(),
        "runs": [list(run) for run in one.ranges],
        "message": None if one.message is None else one.message.hex(),
        "saved": None if path is None else str(path),
        "problem": problem,
        "sound": problem is None,
    }

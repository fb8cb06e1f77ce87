"""`sealmote inspect`: any message explained."""

from typing import Annotated

import typer

from sealmote.cli.common.byte_argument import read_bytes, read_public_key
from sealmote.cli.common.output import JsonOption, escape, print_fields, print_json, stdout
from sealmote.inspection import inspect as inspect_message


def inspect(
    message: Annotated[str, typer.Argument(help="A file, hexadecimal digits, or - for stdin.")],
    key: Annotated[
        str | None,
        typer.Option(help="Public COSE_Key (file or hex) that must have made the signature."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show anything that a device, a gateway or a log signs in words, and check it.

    Exit code 0 only if the message parses whole and, with --key, is signed by that key.

    Example: sealmote inspect reading.cose --key board.cosekey
    """
    found = inspect_message(read_bytes(message), read_public_key(key) if key else None)
    if json:
        print_json(
            {
                "kind": found.kind,
                "fields": [list(field) for field in found.fields],
                "signed": found.signed,
                "problem": found.problem,
                "sound": found.sound,
            }
        )
    else:
        print_fields(found.kind, found.fields)
        stdout.styled(_verdict(found.signed, found.problem))
    raise typer.Exit(0 if found.sound else 1)


def _verdict(signed: bool | None, problem: str | None) -> str:
    if problem is not None:
        return f"[bold red]unsound:[/] {escape(problem)}"
    if signed is None:
        return "[yellow]whole, but nobody's signature was checked: say whose with --key[/]"
    return "[bold green]sound:[/] whole, and signed by this key"

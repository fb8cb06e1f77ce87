"""`sealmote gateway fsck`: whether what a gateway has is what it was given."""

from pathlib import Path
from typing import Annotated

import typer

from sealmote.cli.common.output import JsonOption, print_json, stdout
from sealmote.common.plural import counted
from sealmote.gateway import Gateway


def fsck(
    directory: Annotated[Path, typer.Argument(help="The gateway's folder.")],
    json: JsonOption = False,
) -> None:
    """Check every hash, signature and number of a gateway, and name each row that is damaged or altered.

    Exit code 0 only if nothing is. Nothing is changed; the gateway may run meanwhile.

    Example: sealmote gateway fsck my-gateway
    """
    with Gateway.open(directory) as gateway:
        checked = gateway.check()
    if json:
        findings = [one._asdict() for one in checked.findings]
        print_json(checked._asdict() | {"findings": findings, "sound": not findings})
    else:
        for one in checked.findings:
            stdout.say(f"{one.where}: {one.what}")
        stdout.say(
            f"{counted(checked.devices, 'device')}, {counted(checked.leaves, 'leaf', 'leaves')}, "
            f"{counted(checked.checkpoints, 'checkpoint')}: "
            + (
                f"{counted(len(checked.findings), 'finding')}; a backup has what was written"
                if checked.findings
                else "all sound"
            )
        )
    raise typer.Exit(1 if checked.findings else 0)

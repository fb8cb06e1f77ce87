"""`sealmote gateway release` and `adopt`: a gateway moves to another folder or machine."""

from pathlib import Path
from typing import Annotated

import typer

from sealmote.cli.common.confirm import agree
from sealmote.cli.common.output import stdout
from sealmote.gateway import Gateway

Directory = Annotated[Path, typer.Argument(help="The gateway's folder.")]


def release(directory: Directory) -> None:
    """Let a gateway serve from this folder no more, before the folder is moved or copied elsewhere.

    Example: sealmote gateway release my-gateway
    """
    with Gateway.open(directory) as gateway:
        gateway.release()
    stdout.say(
        f"released: copy {directory} to where it is to live, and `sealmote gateway adopt` it there"
    )


def adopt(
    directory: Directory,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Let a gateway serve from this folder: after a move, or from a backup once the original is gone.

    Two that serve with one key lose readings: each acknowledges what the other never has. So it asks,
    unless the folder was released before it was copied.

    Example: sealmote gateway adopt my-gateway
    """
    with Gateway.open(directory) as gateway:
        if not yes and not gateway.is_released:
            agree(
                "Is it certain that no other copy of this gateway serves any more?",
                "nobody is here to say that no other copy of this gateway serves any more: say --yes",
            )
        gateway.adopt()
    stdout.say(f"{directory} is the gateway now")

"""`sealmote prove`: one file that proves one reading to anyone."""

from pathlib import Path
from typing import Annotated

import typer

from sealmote.cli.common.output import stdout
from sealmote.cli.common.proof_output import print_explanation
from sealmote.client import Client
from sealmote.errors import SealmoteError
from sealmote.proof.proof_file import Proof
from sealmote.proof.verify import verify


class ReadingOptionError(SealmoteError):
    """Options that do not name one reading."""


def prove(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8470",
    leaf: Annotated[
        str | None, typer.Option(help="The reading's leaf: its number, or its hash in hex.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Or its device's thumbprint …")] = None,
    boot: Annotated[int | None, typer.Option(help="… and boot …")] = None,
    sequence: Annotated[int | None, typer.Option(help="… and sequence number.")] = None,
) -> None:
    """Write the proof of one reading: message, key, registration, log, anchor.

    Exit code 0 only if the proof holds as far as it goes.

    Example: sealmote prove --gateway http://127.0.0.1:8470 --leaf 12 -o reading.proof
    """
    with Client(gateway) as asked:
        proof = _fetch(asked, leaf, device, boot, sequence)
    report = verify(proof)
    try:
        output.write_text(proof.to_json(), encoding="utf-8")
    except OSError as error:
        raise ReadingOptionError(f"cannot write {output}: {error.strerror}") from error
    print_explanation(proof, report)
    stdout.say(f"written to {output}")
    raise typer.Exit(0 if report.sound else 1)


def _fetch(
    gateway: Client, leaf: str | None, device: str | None, boot: int | None, sequence: int | None
) -> Proof:
    if leaf is not None:
        return gateway.proof(leaf)
    if device is None or boot is None or sequence is None:
        raise ReadingOptionError("say which reading: --leaf, or --device, --boot and --sequence")
    return gateway.proof_of(device, boot, sequence)

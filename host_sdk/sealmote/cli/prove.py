"""`sealmote prove`: one file that proves one reading to anyone."""

import ssl
from pathlib import Path
from typing import Annotated, Final

import typer

from sealmote.cli.common.device_argument import whole_thumbprint
from sealmote.cli.common.output import stdout
from sealmote.cli.common.proof_output import print_explanation
from sealmote.client import Client
from sealmote.errors import SealmoteError
from sealmote.proof.proof_file import Proof
from sealmote.proof.verify import verify

_PEM: Final = b"-----BEGIN"


class ReadingOptionError(SealmoteError):
    """Options that do not name one reading."""


class CertificateError(SealmoteError):
    """A file that is no certificate."""


def prove(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8470",
    leaf: Annotated[
        str | None, typer.Option(help="The reading's leaf: its number, or its hash in hex.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Or its device's thumbprint, or its start if unique, …")
    ] = None,
    boot: Annotated[int | None, typer.Option(help="… and boot …")] = None,
    sequence: Annotated[int | None, typer.Option(help="… and sequence number.")] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="Certificate of the CA of an https gateway, if not one of the system's."),
    ] = None,
) -> None:
    """Write the proof of one reading: message, key, registration, log, anchor.

    Exit code 0 only if the proof holds as far as it goes.

    Example: sealmote prove --gateway http://127.0.0.1:8470 --leaf 12 -o reading.proof
    """
    with Client(gateway, tls=_trusting(ca)) as asked:
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
    thumbprint = whole_thumbprint(
        device,
        lambda: (one.device for one in gateway.devices().devices),
        f"{gateway.shown}/v1/devices",
    )
    return gateway.proof_of(thumbprint, boot, sequence)


def _trusting(ca: Path | None) -> ssl.SSLContext | None:
    """Return what trusts the certificates in a file, PEM or DER, alone; None without a file."""
    if ca is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        data = ca.read_bytes()
        made.load_verify_locations(cadata=data.decode("ascii") if _PEM in data else data)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise CertificateError(
            f"{ca} holds no certificate that can be read ({error}): name the CA's, in PEM"
        ) from error
    return made

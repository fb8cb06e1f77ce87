"""`sealmote verify`: does a proof hold, and if not, which link broke."""

from pathlib import Path
from typing import Annotated, Final

import typer

from sealmote.chain import registry
from sealmote.chain.protocols import Chain
from sealmote.cli.common.byte_argument import SourceError
from sealmote.cli.common.chain_options import DeploymentOption, RpcOption
from sealmote.cli.common.output import JsonOption, escape, print_json, stdout
from sealmote.cli.common.proof_output import print_explanation
from sealmote.common import text_encoding
from sealmote.log.note import NoteKey
from sealmote.proof.proof_file import Proof, parse
from sealmote.proof.report import Report, State
from sealmote.proof.verify import verify as verify_proof
from sealwire.errors import WireError
from sealwire.keys import PublicKey
from sealwire.registration import open_terms


def verify(
    file: Annotated[Path, typer.Argument(help="A proof, as `sealmote prove` writes it.")],
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    log_key: Annotated[
        str | None, typer.Option(help="The log's key that you trust: a vkey, or a file of one.")
    ] = None,
    require_chain: Annotated[
        bool, typer.Option("--require-chain", help="Fail unless a chain of your choice has it all.")
    ] = False,
    require_log_key: Annotated[
        bool, typer.Option("--require-log-key", help="Fail unless the log's key is one you named.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check a proof link by link: offline, and with --rpc against the chain.

    Exit code 0 only if no link is broken. What only the file says is called claimed: without --rpc the
    anchor and the registration. Without --deployment the contracts are those that the file names;
    without --log-key and --rpc the log's key is the one that the file names. A forger can name his own:
    what was taken from the file is listed at the end. A script that accepts nothing on the file's word
    says so by --require-chain and --require-log-key.

    Example: sealmote verify reading.proof --rpc http://127.0.0.1:8545 --deployment deployment.json
    """
    if deployment is not None and rpc is None:
        raise SourceError("--deployment needs --rpc: contracts can be asked by a node alone")
    if require_chain and (rpc is None or deployment is None):
        raise SourceError(
            "--require-chain needs the node and the contracts: --rpc and --deployment"
        )
    if require_log_key and log_key is None:
        raise SourceError("--require-log-key needs the log's key: --log-key")
    proof = parse(_read(file))
    pinned = None if log_key is None else NoteKey.parse(_text_of(log_key))
    if rpc is None:
        report = verify_proof(proof, None, pinned)
    else:
        with _contracts(proof, rpc, deployment) as chain:
            report = verify_proof(proof, chain, pinned)
    taken = _taken_on_trust(rpc, deployment, log_key)
    if json:
        print_json(_as_object(report) | {"taken_from_file": taken})
    else:
        print_explanation(proof, report)
        stdout.styled(_verdict(report))
        for what in taken:
            stdout.styled(f"[yellow]by the file's own word:[/] {escape(what)}")
    raise typer.Exit(0 if report.holds or (report.sound and not require_chain) else 1)


def _contracts(proof: Proof, rpc: list[str], deployment: Path | None) -> Chain:
    if deployment is not None:
        return registry.connect(rpc, deployment)
    if not proof.claims or proof.registration is None:
        raise SourceError("the proof names no contracts: say where they stand with --deployment")
    try:
        terms = open_terms(proof.registration, PublicKey.parse(proof.device_key))
    except WireError as error:
        raise SourceError(
            f"the proof's registration does not hold ({error}): name the contracts with --deployment"
        ) from error
    return registry.connect_as_claimed(rpc, proof.claims, terms)


def _read(file: Path) -> str:
    try:
        return text_encoding.decode(file.read_bytes())
    except OSError as error:
        raise SourceError(
            f"cannot read {file} ({error.strerror}): name a file that `sealmote prove` wrote"
        ) from error
    except text_encoding.TextError as error:
        raise SourceError(f"cannot read {file}: {error}") from error


def _text_of(argument: str) -> str:
    path = Path(argument)
    try:
        is_file = path.is_file()
    except OSError:  # longer than a file's name can be, as the key of a log with a long name is
        is_file = False
    return _read(path).strip() if is_file else argument


def _taken_on_trust(
    rpc: list[str] | None, deployment: Path | None, log_key: str | None
) -> list[str]:
    """Return what a forger could have put into the file, for nothing outside of it was named."""
    taken = []
    if log_key is None and (rpc is None or deployment is None):
        taken.append("the log's key (compare it, or name the one that you trust with --log-key)")
    if rpc is not None and deployment is None:
        taken.append("the contracts (compare them, or name those that you trust with --deployment)")
    return taken


_OPEN: Final = (
    (State.CLAIMED, "claimed by the file alone"),
    (State.UNCHECKED, "unchecked"),
    (State.UNKNOWN, "of a type that this program does not check"),
)


def _verdict(report: Report) -> str:
    if not report.sound:
        return f"[bold red]broken:[/] {_names(report, State.BROKEN)}"
    rest = [f"{words}: {names}" for state, words in _OPEN if (names := _names(report, state))]
    if not report.holds:
        holds = _names(report, State.HOLDS)
        first = f"[bold green]nothing is broken[/]; checked and found to hold: {holds}"
    elif rest:
        first = "[bold green]holds[/], by one of its anchors"
    else:
        first = "[bold green]holds[/], every link of it"
    return "; ".join([first, *rest])


def _names(report: Report, state: State) -> str:
    return ", ".join(link.name for link in report.that_are(state))


def _as_object(report: Report) -> dict[str, object]:
    return {
        "holds": report.holds,
        "broken": [link.name for link in report.broken],
        "links": [
            {"name": link.name, "state": link.state.value, "words": link.explanation}
            for link in report.links
        ],
    }

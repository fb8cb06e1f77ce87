"""`sealmote demo`: the whole of Sealmote on one machine."""

import os
import sys
import tempfile
from pathlib import Path
from shutil import which
from typing import Annotated

import typer
from rich.live import Live

from sealmote.cli.common.output import JsonOption, escape, print_json, stderr, stdout
from sealmote.cli.common.proof_output import print_explanation
from sealmote.demo import DemoOptions, Result, artifacts, run, table
from sealmote.demo.environment import Environment
from sealmote.errors import SealmoteError
from sealmote.gateway.run import run_loop


class OutError(SealmoteError):
    """A folder to leave things in that cannot be used."""


def demo(
    boards: Annotated[int, typer.Option(min=1, max=50, help="Simulated boards.")] = 3,
    readings: Annotated[int, typer.Option(min=1, max=500, help="Readings of each board.")] = 20,
    period: Annotated[int, typer.Option(min=1, max=60, help="Seconds between them.")] = 2,
    out: Annotated[
        Path | None,
        typer.Option(help="New folder for every message, key, acknowledgement and proof."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run boards, a gateway and a chain, and prove one reading, step by step.

    Exit code 0 only if every sealed reading was acknowledged, logged, anchored and verified.

    Example: sealmote demo --boards 3 --readings 20 --out my-demo
    """
    options = DemoOptions(boards, readings, period)
    with tempfile.TemporaryDirectory(prefix="sealmote-") as scratch:
        folder = Path(scratch)
        if out is not None:
            _claim(out)
            folder = out / "world"
            folder.mkdir()
        result = _run_quietly(folder, options, out) if json else _run_live(folder, options, out)
    if json:
        print_json(_as_object(result, out))
    else:
        _tell(result, out)
    raise typer.Exit(0 if result.complete else 1)


def _claim(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise OutError(
                f"{out} is not empty, and nothing in it is overwritten: name a new folder"
            )
    except OSError as error:
        raise OutError(f"{out} cannot be used ({error.strerror}): name another folder") from error


def _run_quietly(folder: Path, options: DemoOptions, out: Path | None) -> Result:
    def say(step: str) -> None:
        stderr.styled(f"[dim]{escape(step)}[/]")

    return run_loop(run(folder, options, say=say, keep=lambda s, r: _keep(out, s, r)))


def _run_live(folder: Path, options: DemoOptions, out: Path | None) -> Result:
    with Live(console=stdout, refresh_per_second=4) as live:
        return run_loop(
            run(
                folder,
                options,
                say=lambda step: stdout.say(f"· {step}"),
                show=lambda view: live.update(table.render(view)),
                keep=lambda environment, result: _keep(out, environment, result),
            )
        )


def _keep(out: Path | None, environment: Environment, result: Result) -> None:
    if out is not None:
        artifacts.keep_all(out, environment, result)


def _as_object(result: Result, out: Path | None) -> dict[str, object]:
    example = result.readings[0].proof
    return {
        "sealed": result.sealed,
        "acknowledged": result.acknowledged,
        "logged": result.logged,
        "anchored": result.anchored,
        "verified": result.verified,
        "example": example.message.hex(),
        "example_key": example.device_key.hex(),
        "out": None if out is None else str(out),
    }


def _tell(result: Result, out: Path | None) -> None:
    anchored = f"{result.anchored} under a root on the chain," if result.on_chain else "no chain,"
    stdout.styled(
        f"\n{result.sealed} readings sealed, {result.acknowledged} acknowledged,"
        f" {result.logged} in the log, {anchored}"
        f" [bold]{result.verified} verified[/] link by link.\n"
    )
    if result.readings:
        chosen = result.readings[len(result.readings) // 2]
        stdout.styled("[bold]One of them, proven:[/]")
        print_explanation(chosen.proof, chosen.report)
    stdout.styled("\n[bold]What to try next[/]")
    for line in _next_steps(result, out):
        stdout.say(f"  {line}")


def _next_steps(result: Result, out: Path | None) -> list[str]:
    if out is None:
        return [
            f"{_program()} demo --out my-demo     the same, and keeps everything for you to check"
        ]
    name = artifacts.name_of(result.readings[len(result.readings) // 2].proof)
    sealmote = _program()
    proof = f"{out}/proofs/{name}.json"
    wrong_key = f"{out}/keys/gateway.cosekey"
    rpc = f"--rpc http://127.0.0.1:8545 --deployment {out}/deployment.json"
    with_chain = [
        f"{sealmote} chain serve {out}/world/chain.sqlite    and in another terminal:",
        f"{sealmote} verify {proof} {rpc}",
    ]
    return [
        f"{sealmote} verify {proof} --log-key {out}/keys/log.vkey",
        f"{sealmote} inspect {out}/messages/{name}.cose --key {wrong_key}    (see it refused)",
        *(with_chain if result.on_chain else []),
        "and change one digit in the proof: the answer names the link that broke",
    ]


def _program() -> str:
    """Return how this program is called from here: by its name, or by its path if that is not found."""
    return "sealmote" if which("sealmote") else os.path.relpath(sys.argv[0])

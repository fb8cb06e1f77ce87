"""`sealmote gateway challenge` and `sealmote device show`: ask a board how it is, and read the answer."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from sealmote.api import answers
from sealmote.cli.common.byte_argument import SourceError
from sealmote.cli.common.device_argument import Thumbprint, find_device, whole_thumbprint
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stdout
from sealmote.client import Client
from sealmote.common.timestamps import moment
from sealmote.gateway import Gateway
from sealmote.inspection import inspect
from sealmote.models import plain

T = TypeVar("T")

_SHOWN = 5  # boots, ranges of one kind, challenges

Directory = Annotated[Path, typer.Argument(help="The gateway's folder.")]


def challenge(
    directory: Directory,
    device: Thumbprint,
    nonce: Annotated[
        str | None,
        typer.Option(help="8 to 64 bytes in hex, such as a new block's hash; random if absent."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask a board for a statement: it answers when it has sent its next batch.

    Example: sealmote gateway challenge my-gateway 4ed61fd7…
    """
    chosen = None if nonce is None else _bytes(nonce, "a nonce in hexadecimal")
    with Gateway.open(directory) as gateway:
        named = find_device(gateway, device)
        asked = gateway.challenge_device(named, chosen)
    if json:
        print_json({"device": named.hex(), "nonce": asked.nonce.hex(), "asked": asked.asked})
        return
    print_fields("asked", [("nonce", asked.nonce.hex())])
    stdout.say(f"see the answer: sealmote device show {directory} {device}")


def show(
    gateway: Annotated[str, typer.Argument(help="The gateway's folder, or its URL.")],
    device: Thumbprint,
    everything: Annotated[
        bool, typer.Option("--all", help="Every boot, range and challenge, not the newest alone.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what a gateway knows of one device: its numbers, its last statement, its answers.

    Example: sealmote device show my-gateway 4ed61fd7…
    """
    known = _report(gateway, device)
    if json:
        print_json(plain(known))
        return
    most = None if everything else _SHOWN
    print_fields(known.device.hex(), _overview(known))
    for boot in _newest(known.boots, "boots", lambda boot: boot.boot, most):
        print_fields(f"numbers of boot {boot.boot}", _account(boot, most))
    if known.statements:
        print_fields("last statement", _said(known.statements[0]))
    now = int(time.time())
    newest_first = known.challenges  # of two within one second only their order says which is later
    for one in _newest(newest_first[::-1], "challenges", lambda one: one.asked, most):
        later = newest_first[: newest_first.index(one)]
        print_fields(f"challenge {one.nonce.hex()}", _challenge(one, later, now))


def _report(gateway: str, device: str) -> answers.DeviceReport:
    """Return the device report of the gateway in a folder or at a URL."""
    if not gateway.startswith(("http://", "https://")):
        with Gateway.open(Path(gateway)) as opened:
            return opened.describe_device(find_device(opened, device))
    with Client(gateway) as asked:
        return asked.device(
            whole_thumbprint(
                device,
                lambda: (one.device for one in asked.devices().devices),
                f"{asked.shown}/v1/devices",
            )
        )


def _newest(items: list[T], what: str, age: Callable[[T], int], most: int | None) -> list[T]:
    """Return the newest items, the oldest of them first, and say how many were left out."""
    items = sorted(items, key=age)
    left_out = 0 if most is None else max(len(items) - most, 0)
    if left_out:
        stdout.say(f"{left_out} earlier {what} are left out: --all shows them")
    return items[left_out:]


def _overview(known: answers.DeviceReport) -> Iterator[tuple[str, str]]:
    yield "owner", "0x" + known.owner.hex() if known.owner else "nobody said"
    yield "added", moment(known.added)
    if known.revoked:
        yield "revoked", moment(known.revoked)
    yield "messages", str(known.messages)
    yield "last heard", moment(known.last_seen) if known.last_seen else "never"
    if known.equivocations:
        yield "evidence", f"{known.equivocations} times two messages under one number"


def _account(boot: answers.BootAccount, most: int | None) -> Iterator[tuple[str, str]]:
    for name in ("logged", "dropped", "missing", "awaited"):
        if spans := [_run(*span) for span in getattr(boot, name)]:
            left_out = 0 if most is None else max(len(spans) - most, 0)
            before = f"{left_out} earlier ranges (--all), " if left_out else ""
            yield name, before + ", ".join(spans[left_out:])
    left_out = 0 if most is None else max(len(boot.drops) - most, 0)
    if left_out:
        yield "dropped", f"{left_out} earlier causes (--all)"
    for drop in boot.drops[left_out:]:
        yield f"dropped {_run(drop.first, drop.last)}", drop.words
    if boot.closed:
        yield "account", "closed: every number is accounted for, and no more can come"
    elif boot.missing:
        yield "account", "the board swears that the missing ones were acknowledged"
    else:
        yield "account", "open: more may come"


def _run(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _said(said: answers.Statement) -> Iterator[tuple[str, str]]:
    yield "received", moment(said.received)
    yield from inspect(said.message).fields


def _challenge(
    one: answers.Challenge, later: list[answers.Challenge], now: int
) -> Iterator[tuple[str, str]]:
    is_behind = any(other.answer is None for other in later)
    yield "asked", moment(one.asked)
    if one.given:
        yield "given", moment(one.given)
    elif not is_behind:
        yield "given", "not yet: the board has sent nothing since"
    match one.answer:
        case None:
            yield "answer", f"open for {_duration(now - one.asked)}{_overtaken(later)}"
        case answers.Damaged():
            yield "answer", f"damaged: {one.answer.damaged}"
        case answers.Statement():
            yield "answered", moment(one.answer.received)
            yield from inspect(one.answer.message).fields


def _overtaken(later: list[answers.Challenge]) -> str:
    """Say what a later challenge means for one that is open: a gateway gives the newest open one."""
    waiting = [other for other in later if other.answer is None]
    if waiting:
        nonce = waiting[0].nonce.hex()
        return f"; superseded by the later one, {nonce}, until that is answered"
    if later:
        return (
            "; a later one was answered, and this one is given again: a board answers one a minute"
        )
    return ""


def _duration(seconds: int) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} seconds"


def _bytes(text: str, wanted: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise SourceError(f"{text!r} is not {wanted}") from error

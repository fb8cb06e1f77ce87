"""Run the demo from an empty folder until every reading is verified."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sealmote.api import answers
from sealmote.client import AsyncClient
from sealmote.demo.environment import Environment, running_environment
from sealmote.demo.options import DemoOptions
from sealmote.demo.progress import BoardView, DemoView
from sealmote.errors import SealmoteError
from sealmote.proof import proof_file
from sealmote.proof.report import Report, State
from sealmote.proof.verify import verify
from sealwire import ack
from sealwire.cose import leaf_hash

_POLL_S = 0.25
# What a board may take beyond its readings: to boot, to join, to ask the time, to send the rest.
_SLACK_S = 60.0
_WITHOUT_CHAIN = ("message", "signature", "inclusion", "checkpoint")


class DemoError(SealmoteError):
    """A demo that did not come to its end."""


@dataclass(frozen=True)
class Verified:
    """One reading with its proof and what became of it."""

    proof: proof_file.Proof
    report: Report
    on_chain: bool

    @property
    def anchored(self) -> bool:
        """Whether the chain itself has the root that the reading stands under."""
        return any(
            link.name == "chain root" and link.state is State.HOLDS for link in self.report.links
        )

    @property
    def complete(self) -> bool:
        """Whether every link holds that there is anything to check of."""
        links = [link for link in self.report.links if self.on_chain or link.name in _WITHOUT_CHAIN]
        return self.report.sound and all(link.state is State.HOLDS for link in links)


@dataclass(frozen=True)
class Result:
    """How many readings came how far, each counted at another place; and their proofs.

    sealed: by the boards · acknowledged: in acknowledgements by the gateway's key · logged: in the
    gateway's log · anchored: under a root that the chain has · verified: every link holds.
    ``on_chain``: whether there was a chain.
    """

    sealed: int
    acknowledged: int
    logged: int
    anchored: int
    verified: int
    on_chain: bool
    readings: list[Verified]

    @property
    def complete(self) -> bool:
        """Whether nothing was lost on the way."""
        counts = {self.acknowledged, self.logged, self.verified}
        counts |= {self.anchored} if self.on_chain else set()
        return counts == {self.sealed} and self.sealed > 0


async def run(
    folder: Path,
    options: DemoOptions,
    *,
    say: Callable[[str], None] = lambda _: None,
    show: Callable[[DemoView], None] = lambda _: None,
    keep: Callable[[Environment, Result], None] = lambda _stage, _result: None,
) -> Result:
    """Run the demo in ``folder``, which must be empty. Raises DemoError if it does not come to its end.

    ``say`` is told each step of the set-up, ``show`` how things stand a few times a second, and ``keep``
    is called at the end, while everything still runs.
    """
    async with running_environment(folder, options, say) as environment:
        view = DemoView([BoardView(b.name, b.key.thumbprint()) for b in environment.boards])
        for board, board_view in zip(environment.boards, view.boards, strict=True):
            await asyncio.to_thread(board.start, board_view)
        limit_s = options.readings * options.period_s + _SLACK_S
        async with AsyncClient(environment.gateway.url) as gateway:
            await _until_anchored(environment, gateway, view, show, limit_s)
            result = await _verify_all(environment, gateway, view)
        keep(environment, result)
        return result


async def _until_anchored(
    environment: Environment,
    gateway: AsyncClient,
    view: DemoView,
    show: Callable[[DemoView], None],
    limit_s: float,
) -> None:
    deadline = time.monotonic() + limit_s
    while True:
        _take_status(view, await gateway.status())
        show(view)
        finished = all(board.finished for board in view.boards)
        safe = view.anchor_size if environment.chain else view.checkpoint_size
        if finished and 0 < view.log_size == safe:
            return
        if time.monotonic() > deadline:
            raise DemoError(_what_hangs(view))
        await asyncio.sleep(_POLL_S)


def _take_status(view: DemoView, status: answers.Status) -> None:
    view.log_size = status.size
    if status.checkpoint is not None:
        view.checkpoint_size = status.checkpoint.size
    if status.anchor is not None and isinstance(status.anchor.receipt, answers.AnchorReceipt):
        view.anchor_size = status.anchor.size
        view.anchor_block = status.anchor.receipt.block


def _what_hangs(view: DemoView) -> str:
    slow = [f"{b.name}: {b.last_line!r}" for b in view.boards if not b.finished]
    where = "; ".join(slow) or f"the anchor: {view.anchor_size} of {view.log_size} leaves"
    return f"the demo did not finish in time ({where}): run it again on a machine that does less"


async def _verify_all(environment: Environment, gateway: AsyncClient, view: DemoView) -> Result:
    leaves = [reading.leaf async for reading in gateway.readings()]
    verified = [await _verify_one(environment, gateway, leaf) for leaf in leaves]
    messages = {leaf_hash(item.proof.message) for item in verified}
    return Result(
        sealed=sum(board.sealed for board in view.boards),
        acknowledged=len(messages & _acknowledged(environment)),
        logged=len(messages),
        anchored=sum(item.anchored for item in verified),
        verified=sum(item.complete for item in verified),
        on_chain=environment.chain is not None,
        readings=verified,
    )


async def _verify_one(environment: Environment, gateway: AsyncClient, leaf: int) -> Verified:
    proof = await gateway.proof(leaf)
    # Through the file's text, as whoever is sent the proof will read it.
    proof = proof_file.parse(proof.to_json())
    report = await asyncio.to_thread(verify, proof, environment.chain, environment.gateway.log_key)
    return Verified(proof, report, environment.chain is not None)


def _acknowledged(environment: Environment) -> set[bytes]:
    """Return the leaf hashes that the gateway's signed word says are in the log."""
    key, origin = environment.gateway.ack_key, environment.gateway.origin
    return {
        outcome.leaf
        for data in environment.acknowledgements
        for outcome in ack.open_ack(data, key, origin).outcomes
        if outcome.result in (ack.ACCEPTED, ack.DUPLICATE)
    }

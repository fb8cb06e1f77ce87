"""Kill a gateway again and again under load, and count what that did to the log.

    python tools/kill_gateway.py --kills 200 --json

Boards with real keys send real messages over HTTP to a gateway in a process of its own, which
anchors on an embedded chain beside it. SIGKILL ends it at random moments; it is started again in
the same directory. A board keeps a message until it holds a signed acknowledgement for it.

In the end the log is read back as any monitor would, over HTTP: every acknowledged message has to be
in it exactly once, by its entry and by an inclusion proof under the last checkpoint, and every
anchor on the chain has to be the root of that log at its size.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp

from sealmote import crypto
from sealmote.chain.evm.client import connect
from sealmote.chain.evm.contracts.abi import contract
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.rpc.api import Api
from sealmote.chain.evm.rpc.targets import open_node
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.gateway import ChainOptions, Gateway, LogOptions, Options
from sealmote.log import checkpoint, merkle, tiles
from sealwire import ack, message, senml
from sealwire.cose import leaf_hash
from sealwire.keys import ES256, ES256K, PublicKey

ORIGIN = "sealmote.example/kill"
BOARDS = 4
LARGEST_BATCH = 25
OPTIONS = Options(
    log=LogOptions(checkpoint_period_s=0.05), chain=ChainOptions(anchor_period_s=0.05)
)
ANSWERS_WITHIN_S = 120.0
_LOOKS_EVERY_S = 0.05

_processes = multiprocessing.get_context("forkserver")  # a child that need not import anything
_processes.set_forkserver_preload(["sealmote.gateway", "sealmote.chain.embedded.rpc"])


class FastKey(PublicKey):
    """The gateway's key, which checks at library speed."""

    def verify(self, message: bytes, signature: bytes) -> bool:  # noqa: D102  # as there
        return crypto.verify(self, message, signature)


@dataclass
class Board:
    """Seals without end; `kept` has what is not acknowledged, `acknowledged` the leaf of what is."""

    signer: crypto.Signer
    next: int = 0
    kept: dict[bytes, bytes] = field(default_factory=dict)
    acknowledged: dict[bytes, bytes] = field(default_factory=dict)

    def batch(self, dice: random.Random) -> list[bytes]:
        """Seal a few readings; return them, what is kept and sometimes something old, shuffled."""
        for _ in range(dice.randint(1, LARGEST_BATCH)):
            pack = senml.Pack(1_763_000_000, [senml.Record("temperature", "Cel", self.next, -2)])
            raw = message.seal(self.signer, pack, 0, self.next, 1_763_000_000)
            self.kept[leaf_hash(raw)] = raw
            self.next += 1
        chosen = list(self.kept.values())
        dice.shuffle(chosen)
        return chosen[: ack.MAX_OUTCOMES]

    def take(self, answer: ack.Acknowledgement) -> None:
        """Let go of what the gateway has, as a board does."""
        for outcome in answer.outcomes:
            if outcome.result in (ack.ACCEPTED, ack.DUPLICATE) and outcome.leaf in self.kept:
                del self.kept[outcome.leaf]
                self.acknowledged[outcome.leaf] = outcome.first_leaf or outcome.leaf
            elif outcome.result not in (ack.ACCEPTED, ack.DUPLICATE):
                raise AssertionError(f"an honest message was refused: {outcome.code}")


@dataclass
class Verdict:
    """What was found; a sound gateway has 0 in `missing`, `twice` and `anchors_bad`."""

    kills: int
    acknowledged: int
    missing: int
    twice: int
    anchors_bad: int
    anchors: int
    entries: int
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether nothing went wrong, and there was something that could."""
        bad = self.missing or self.twice or self.anchors_bad
        return not bad and self.acknowledged > 0 and self.anchors > 0


def serve(directory: Path, port: int, ready: Connection) -> None:
    """Be the gateway's process, until it is killed."""
    asyncio.run(_serve(directory, port, ready))


async def _serve(directory: Path, port: int, ready: Connection) -> None:
    chain = connect(f"embedded:{directory / 'chain.db'}", dev_account())
    chain.use(Deployment.load(directory / "deployment.json"))
    gateway = Gateway.open(directory)
    await gateway.start("127.0.0.1", port, chain)
    ready.send(True)
    await asyncio.Event().wait()


class Target:
    """A gateway in `directory` whose process is started and killed."""

    def __init__(self, directory: Path):
        self.directory = directory
        with Gateway.create(directory, ORIGIN, OPTIONS) as gateway:
            self.boards = [
                Board(crypto.Signer.generate((ES256, ES256K)[n % 2])) for n in range(BOARDS)
            ]
            for board in self.boards:
                gateway.add_device(board.signer.public, unproven=True)
            key = gateway.ack_key
            self.ack_key = FastKey(key.alg, key.x, key.y)
            self.log_key = gateway.log_key
        with connect(f"embedded:{directory / 'chain.db'}", dev_account()) as chain:
            chain.deploy(directory / "deployment.json")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> tuple[ForkServerProcess, Connection]:
        """Start the process; the connection has something to read once it serves."""
        ready, theirs = _processes.Pipe(duplex=False)
        process = _processes.Process(target=serve, args=(self.directory, self.port, theirs))
        process.start()
        theirs.close()
        return process, ready


async def run(kills: int, directory: Path, seed: int) -> Verdict:
    """Kill the gateway `kills` times under load, then read its log back."""
    dice = random.Random(seed)  # noqa: S311  # to be repeatable, not secret
    target = Target(directory)
    clients = [
        asyncio.create_task(_keep_sending(target, board, random.Random(f"{seed} {number}")))  # noqa: S311
        for number, board in enumerate(target.boards)
    ]
    try:
        for _ in range(kills):
            await _one_life(target, dice)
            _raise_first(clients)
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    process, ready = target.start()
    try:
        await _until_ready(process, ready)
        entries, read, size = await _read_log(target)
    finally:
        process.kill()
        process.join()
    return _judge(target, kills, entries, read, size)


async def _one_life(target: Target, dice: random.Random) -> None:
    """Start the process and kill it: mostly at work, now and then while it starts."""
    process, ready = target.start()
    if dice.random() < 0.8:
        await _until_ready(process, ready)
    await asyncio.sleep(dice.random() * 0.8)
    process.kill()
    await asyncio.to_thread(process.join)
    ready.close()


async def _until_ready(process: ForkServerProcess, ready: Connection) -> None:
    if not await asyncio.to_thread(ready.poll, ANSWERS_WITHIN_S):
        raise AssertionError(f"the gateway did not start within {ANSWERS_WITHIN_S} s")
    try:
        ready.recv()
    except EOFError:
        await asyncio.to_thread(process.join)
        raise AssertionError(f"the gateway ended as it started, with {process.exitcode}") from None


async def _keep_sending(target: Target, board: Board, dice: random.Random) -> None:
    """Be a board with a network that fails whenever the gateway does."""
    headers = {"Content-Type": "application/cbor-seq"}
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(target.url, timeout=timeout, headers=headers) as session:
        while True:
            body = b"".join(board.batch(dice) if len(board.kept) < 200 else board.kept.values())
            try:
                async with session.post("/v1/readings", data=body) as reply:
                    answer = await reply.read()
            except (aiohttp.ClientError, TimeoutError, OSError):
                await asyncio.sleep(0.02)
                continue
            if reply.status == 200:
                board.take(ack.open_ack(answer, target.ack_key, ORIGIN))
            elif reply.status != 503:
                raise AssertionError(f"status {reply.status}: {answer!r}")


def _raise_first(clients: list[asyncio.Task[None]]) -> None:
    for client in clients:
        if client.done():
            client.result()


async def _read_log(target: Target) -> tuple[list[bytes], merkle.NodeReader, int]:
    """Fetch a checkpoint that covers the whole log, all entries, and what reads the tree's tiles.

    Nothing is sent any more, so the log stands; what is still to come is its checkpoint and an anchor.
    """
    async with aiohttp.ClientSession(target.url, raise_for_status=True) as session:
        for _ in range(int(ANSWERS_WITHIN_S / _LOOKS_EVERY_S)):
            status = await _json(session, "/v1/status")
            head = checkpoint.verify(await _get(session, "/checkpoint"), target.log_key)
            if head.size == status["size"] and status["anchor"]:
                break
            await asyncio.sleep(_LOOKS_EVERY_S)
        size = head.size
        data = {tile: await _get(session, "/" + tile.path()) for tile in tiles.tiles(size)}
        read = tiles.reader(lambda tile: data[tile], size, keep=len(data))
        entries: list[bytes] = []
        for bundle in tiles.bundles(size):
            entries += bundle.decode(await _get(session, "/" + bundle.path()))
    if (
        merkle.root(read, size) != head.root
        or merkle.root_of(list(map(leaf_hash, entries))) != head.root
    ):
        raise AssertionError("tiles or entries do not lead to the checkpoint's root")
    return entries, read, size


async def _get(session: aiohttp.ClientSession, path: str) -> bytes:
    async with session.get(path) as reply:
        return await reply.read()


async def _json(session: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await _get(session, path))
    return found


def _judge(
    target: Target, kills: int, entries: list[bytes], read: merkle.NodeReader, size: int
) -> Verdict:
    root = merkle.root(read, size)
    numbers = {leaf_hash(entry): number for number, entry in enumerate(entries)}
    leaves = [leaf for board in target.boards for leaf in board.acknowledged.values()]
    found = [leaf for leaf in leaves if leaf in numbers]
    for leaf in found:
        path = merkle.inclusion_path(read, numbers[leaf], size)
        merkle.verify_inclusion(leaf, numbers[leaf], size, path, root)
    headers = [message.parse(entry).header for entry in entries]
    times = Counter((header.kid, header.boot, header.sequence) for header in headers)
    anchors = _anchors(target.directory)
    bad = [n for n, known in anchors if not 0 < n <= size or merkle.root(read, n) != known]
    return Verdict(
        kills=kills,
        acknowledged=len(leaves),
        missing=len(leaves) - len(found),
        twice=sum(count > 1 for count in times.values()),
        anchors_bad=len(bad) + _unknown_to_the_chain(target.directory, anchors),
        anchors=len(anchors),
        entries=len(entries),
    )


def _anchors(directory: Path) -> list[tuple[int, bytes]]:
    """Return the heads that the contract says were anchored, from its events."""
    deployment = Deployment.load(directory / "deployment.json")
    node = open_node(f"embedded:{directory / 'chain.db'}")
    try:
        topic = contract("log_anchor").events["Anchored"].topic
        api = Api(node)
        events = api.logs(deployment.anchor, [topic], deployment.block, api.newest_block().number)
    finally:
        node.close()
    return [(int.from_bytes(event.topics[2], "big"), event.data) for event in events]


def _unknown_to_the_chain(directory: Path, anchors: list[tuple[int, bytes]]) -> int:
    """Count the anchors that the gateway recorded and the chain does not have."""
    with Gateway.open(directory) as gateway:
        recorded = {(anchor.size, anchor.root) for anchor in gateway.list_anchors()}
    return len(recorded - set(anchors))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        verdict = asyncio.run(run(arguments.kills, Path(scratch) / "gateway", arguments.seed))
    verdict.seconds = round(time.monotonic() - begin, 1)
    if arguments.json:
        sys.stdout.write(json.dumps({**vars(verdict), "seed": arguments.seed}) + "\n")
    else:
        sys.stdout.write(f"{verdict} (seed {arguments.seed})\n")
    return 0 if verdict.sound else 1


if __name__ == "__main__":
    sys.exit(main())

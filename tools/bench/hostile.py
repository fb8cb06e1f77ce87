"""What strangers cost honest boards: how long a board's post takes while somebody attacks the gateway.

    python tools/bench/hostile.py [--json] [--leaves N] [--seconds S] [--only NAME]

A gateway in a process of its own has a log of `leaves` readings and one device with 20,000 gaps. Four
boards post a batch of five readings each, again and again; median and 99th percentile of their posts are
taken without and with each attack, one after the other, and `ratio` is with over without, in one run. The
attackers are a process of their own that yields the processor to the others: theirs would be elsewhere.

gaps        two ask for the device with the gaps, again and again
pages       two ask for a thousand readings, again and again
exports     two ask for all readings as CSV, again and again
signatures  fifty requests at a time, each of 256 messages with bad signatures under a known kid
bodies      500 connections that send a byte of a body each second
idle        1,100 connections that send nothing
garbage     four send 21 bytes that are no request, again and again
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

from sealmote import crypto
from sealmote.gateway import Gateway, Options
from sealmote.gateway.limits.open_files import raise_limit
from sealmote.gateway.run import run
from sealmote.gateway.store.leaves import Appender, Kind, Message
from sealmote.gateway.store.session import Transaction
from sealwire import cose, message, senml
from sealwire.keys import ES256

BOARDS = 4
BATCH = 5
GAPS = 20_000
TIME = 1_763_000_000
BATCHES = {"Content-Type": "application/cbor-seq"}
PAUSE_S = 0.02  # of a board between two posts

Attack = Callable[[aiohttp.ClientSession, "Prey"], Coroutine[None, None, None]]


class Prey:
    """What attackers know: the gateway's address, a device with gaps, and a device's key hint."""

    def __init__(self, url: str, gappy: str, forged: bytes):
        self.url = url
        self.gappy = gappy
        self.forged = forged

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a bare connection."""
        host, port = self.url.removeprefix("http://").rsplit(":", 1)
        return await asyncio.open_connection(host, int(port))


class Forger:
    """Signs like a board, without its key."""

    alg = ES256

    def __init__(self, victim: crypto.Signer):
        self.public = victim.public

    def sign(self, _message: bytes) -> bytes:
        """Return what has a signature's form, and is none."""
        return bytes([1]) * 64


def sealed(signer: crypto.Signer | Forger, boot: int, number: int) -> bytes:
    """Return a reading of three values."""
    records = [
        senml.Record("temperature", "Cel", 2150, -2),
        senml.Record("humidity", "%RH", 4512, -2),
        senml.Record("pressure", "Pa", 100653),
    ]
    return message.seal(signer, senml.Pack(TIME, records), boot, number, TIME)


def fill(gateway: Gateway, victim: crypto.Signer, leaves: int) -> str:
    """Put readings into the log, unsigned, for nobody checks them here again; return the gappy device."""
    gappy = crypto.Signer.generate(ES256)
    gateway.add_device(gappy.public, unproven=True)
    _append(gateway, gappy, 1, range(0, 2 * min(GAPS, leaves), 2))
    for start in range(0, leaves, 10_000):
        _append(gateway, victim, 1, range(start, min(start + 10_000, leaves)))
    return gappy.public.thumbprint().hex()


def _append(gateway: Gateway, signer: crypto.Signer, boot: int, numbers: range) -> None:
    device = next(d for d in gateway.list_devices() if d.key == signer.public.cose()).device
    forger = Forger(signer)

    def append(transaction: Transaction) -> None:
        log = Appender(transaction, TIME, TIME + 60)
        for number in numbers:
            raw = sealed(forger, boot, number)
            signed = cose.leaf_hash(raw)  # stands for another hash that nobody compares
            log.append(
                Message(raw, cose.leaf_hash(raw), Kind.READING, device, boot, number, signed, TIME)
            )

    gateway._store.write(append).result()  # noqa: SLF001  # there is no other way in without signatures


async def again_and_again(get: Callable[[], Awaitable[object]], clients: int) -> None:
    """Have clients do something without a pause, whatever comes of it."""

    async def client() -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.IncompleteReadError):
                await get()

    await asyncio.gather(*(client() for _ in range(clients)))


def asking(path: Callable[[Prey], str], clients: int) -> Attack:
    """Return the attack of clients that ask for a path."""

    async def attack(session: aiohttp.ClientSession, prey: Prey) -> None:
        async def get() -> None:
            async with session.get(prey.url + path(prey)) as answer:
                await answer.read()

        await again_and_again(get, clients)

    return attack


async def signatures(session: aiohttp.ClientSession, prey: Prey) -> None:
    """Post batches of forgeries, fifty at a time."""

    async def post() -> None:
        async with session.post(
            f"{prey.url}/v1/readings", data=prey.forged, headers=BATCHES
        ) as answer:
            await answer.read()

    await again_and_again(post, 50)


async def bodies(_session: aiohttp.ClientSession, prey: Prey) -> None:
    """Send bodies byte by byte."""
    head = b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"

    async def slow() -> None:
        _, writer = await prey.connect()
        writer.write(head + b"Content-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"\x00")
            await asyncio.sleep(1)

    await again_and_again(slow, 500)


async def idle(_session: aiohttp.ClientSession, prey: Prey) -> None:
    """Hold connections."""

    async def hold() -> None:
        reader, _ = await prey.connect()
        await reader.read()
        await asyncio.sleep(1)

    await again_and_again(hold, 1100)


async def garbage(_session: aiohttp.ClientSession, prey: Prey) -> None:
    """Send what is no request."""

    async def send() -> None:
        reader, writer = await prey.connect()
        writer.write(b"\x16\x03\x01 no request\r\n\r\nxx")
        await reader.read()
        writer.close()

    await again_and_again(send, 4)


ATTACKS: dict[str, Attack] = {
    "gaps": asking(lambda prey: f"/v1/devices/{prey.gappy}", 2),
    "pages": asking(lambda _: "/v1/readings?limit=1000", 2),
    "exports": asking(lambda _: "/v1/readings?format=csv", 2),
    "signatures": signatures,
    "bodies": bodies,
    "idle": idle,
    "garbage": garbage,
}


def attack_until_told(name: str, prey: Prey, told: Connection) -> None:
    """Be the attackers' process."""
    os.nice(10)
    raise_limit(2000)

    async def attack() -> None:
        unbound = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=unbound) as session:
            work = asyncio.create_task(ATTACKS[name](session, prey))
            await asyncio.to_thread(told.recv)
            work.cancel()

    asyncio.run(attack())


def serve(directory: Path, ready: Connection) -> None:
    """Be the gateway's process."""
    logging.disable()  # its lines about all this are for an operator
    run(Gateway.open(directory), port=0, on_started=ready.send)


class Boards:
    """Honest boards; every number is used once."""

    def __init__(self, url: str, signers: list[crypto.Signer]):
        self._url = url
        self._signers = signers
        self._boots = itertools.count(1)

    async def post_for(self, seconds: float) -> list[float]:
        """Post batches for some seconds and return how long each took, in seconds."""
        boot = next(self._boots)
        took: list[float] = []
        async with aiohttp.ClientSession(self._url) as session:
            end = time.perf_counter() + seconds
            await asyncio.gather(
                *(self._post(session, signer, boot, end, took) for signer in self._signers)
            )
        return took

    async def _post(
        self,
        session: aiohttp.ClientSession,
        signer: crypto.Signer,
        boot: int,
        end: float,
        took: list[float],
    ) -> None:
        for start in itertools.count(0, BATCH):
            body = b"".join(sealed(signer, boot, start + n) for n in range(BATCH))
            begin = time.perf_counter()
            if begin > end:
                return
            await self._deliver(session, body)
            took.append(time.perf_counter() - begin)
            await asyncio.sleep(PAUSE_S)

    async def _deliver(self, session: aiohttp.ClientSession, body: bytes) -> None:
        """Post; once more where the server ended a connection that was kept alive (RFC 9112, 9.3.1)."""
        for _attempt in range(2):
            with contextlib.suppress(aiohttp.ServerDisconnectedError, ConnectionResetError):
                async with session.post("/v1/readings", data=body, headers=BATCHES) as answer:
                    await answer.read()
                    if answer.status == 200:
                        return
                    raise AssertionError(f"a board was turned away with {answer.status}")
        raise AssertionError("a board was cut off twice in a row")


def summary(took: list[float]) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds."""
    return {
        "posts": len(took),
        "median_ms": round(statistics.median(took) * 1000, 2),
        "p99_ms": round(statistics.quantiles(took, n=100)[98] * 1000, 2),
    }


def measure(name: str, prey: Prey, boards: Boards, seconds: float) -> dict[str, object]:
    """Measure the boards without and with an attack."""
    without = summary(asyncio.run(boards.post_for(seconds)))
    told, theirs = multiprocessing.Pipe()
    attackers = multiprocessing.get_context("spawn").Process(
        target=attack_until_told, args=(name, prey, theirs)
    )
    attackers.start()
    try:
        asyncio.run(boards.post_for(2.0))  # until they are at it
        under = summary(asyncio.run(boards.post_for(seconds)))
    finally:
        told.send("enough")
        attackers.join(10)
        attackers.kill()
    ratio = {key: round(under[key] / without[key], 2) for key in ("median_ms", "p99_ms")}
    return {
        "without": without,
        "with": under,
        "ratio": {"median": ratio["median_ms"], "p99": ratio["p99_ms"]},
    }


def bench(leaves: int, seconds: float, names: list[str]) -> dict[str, object]:
    """Run the attacks one after another against one gateway."""
    signers = [crypto.Signer.generate(ES256) for _ in range(BOARDS)]
    victim = crypto.Signer.generate(ES256)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "gateway"
        with Gateway.create(directory, "sealmote.example/bench", Options()) as gateway:
            for signer in (victim, *signers):
                gateway.add_device(signer.public, unproven=True)
            gappy = fill(gateway, victim, leaves)
        forged = b"".join(sealed(Forger(victim), 9, number) for number in range(256))
        ready, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(directory, theirs)
        )
        process.start()
        try:
            url = ready.recv()
            prey, boards = Prey(url, gappy, forged), Boards(url, signers)
            asyncio.run(boards.post_for(1.0))
            return {name: measure(name, prey, boards, seconds) for name in names}
        finally:
            process.terminate()
            process.join()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--leaves", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--only", choices=ATTACKS, action="append", help="these attacks")
    arguments = parser.parse_args()
    found = bench(arguments.leaves, arguments.seconds, arguments.only or list(ATTACKS))
    if arguments.json:
        print(json.dumps({"leaves": arguments.leaves, "cores": os.cpu_count(), **found}))
        return
    for name, figures in found.items():
        print(f"{name:10} {json.dumps(figures)}")


if __name__ == "__main__":
    main()

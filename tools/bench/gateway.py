"""How fast a gateway accepts: messages a second, end to end, against bare signature checks.

    python tools/bench/gateway.py [--messages N] [--batch N]

Prints one JSON object. End to end is: an HTTP request with a CBOR sequence of `batch` messages, each
parsed, verified and appended to the log, one fsync, and the signed acknowledgement, by a gateway in
a process of its own with four clients. `ratio` is that speed over the verifications alone, one
after another in one thread, of the same messages in the same run.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

from sealmote import crypto
from sealmote.gateway import Gateway
from sealmote.gateway.run import run
from sealwire import ack, cose, message, senml
from sealwire.keys import ALGORITHM_NAMES, ES256, ES256K, PublicKey

CLIENTS = 4
TIME = 1_763_000_000
HEADERS = {"Content-Type": "application/cbor-seq"}


def sealed(signer: crypto.Signer, count: int) -> list[bytes]:
    """Return messages of three values each."""
    records = [
        senml.Record("temperature", "Cel", 2150, -2),
        senml.Record("humidity", "%RH", 4512, -2),
        senml.Record("pressure", "Pa", 100653),
    ]
    pack = senml.Pack(TIME, records)
    return [message.seal(signer, pack, 0, number, TIME) for number in range(count)]


def bare(key: PublicKey, messages: list[bytes]) -> float:
    """Return verifications a second, without parsing."""
    parts = [
        (m.sig_structure(), m.signature) for m in (message.parse(raw).sign1 for raw in messages)
    ]
    begin = time.perf_counter()
    for signed, signature in parts:
        if not crypto.verify(key, signed, signature):
            raise AssertionError("a signature that was just made does not verify")
    return len(parts) / (time.perf_counter() - begin)


async def end_to_end(url: str, messages: list[bytes], batch: int) -> float:
    """Return acceptances a second, the acknowledgements included."""
    bodies = [b"".join(messages[at : at + batch]) for at in range(0, len(messages), batch)]
    answers: list[bytes] = []

    async def client(session: aiohttp.ClientSession) -> None:
        while bodies:
            async with session.post("/v1/readings", data=bodies.pop(), headers=HEADERS) as reply:
                answers.append(await reply.read())

    async with aiohttp.ClientSession(url, raise_for_status=True) as session:
        begin = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(CLIENTS)))
        seconds = time.perf_counter() - begin
    payloads = [cose.parse(answer, ack.MAX_ACK).payload for answer in answers]
    outcomes = [out for item in payloads for out in ack.Acknowledgement.parse(item).outcomes]
    accepted = sum(outcome.result == ack.ACCEPTED for outcome in outcomes)
    if accepted != len(messages):
        raise AssertionError(f"{accepted} of {len(messages)} messages were accepted")
    return accepted / seconds


def serve(directory: Path, ready: Connection) -> None:
    """Be the gateway's process."""
    run(Gateway.open(directory), port=0, on_started=ready.send)


def measure(alg: int, count: int, batch: int) -> dict[str, float]:
    """Measure one algorithm on a gateway of its own."""
    signer = crypto.Signer.generate(alg)
    messages = sealed(signer, count)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "gateway"
        with Gateway.create(directory, "sealmote.example/bench") as gateway:
            gateway.add_device(signer.public, unproven=True)
        ready, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(directory, theirs)
        )
        process.start()
        try:
            url = ready.recv()
            verified = bare(signer.public, messages)
            accepted = asyncio.run(end_to_end(url, messages, batch))
        finally:
            process.terminate()
            process.join()
    return {
        "accepted_per_s": round(accepted),
        "verified_per_s": round(verified),
        "ratio": round(accepted / verified, 3),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=100)
    arguments = parser.parse_args()
    figures = {
        ALGORITHM_NAMES[alg]: measure(alg, arguments.messages, arguments.batch)
        for alg in (ES256, ES256K)
    }
    print(json.dumps({**vars(arguments), "cores": os.cpu_count(), **figures}))


if __name__ == "__main__":
    main()

"""Wait for a board's first reading at its gateway, and verify its proof."""

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Final

import aiohttp

from sealmote.log.note import NoteKey
from sealmote.proof import fetch
from sealmote.proof.proof_file import Proof
from sealmote.proof.verify import Report, verify
from sealmote.provisioning.errors import NoReadingError
from sealwire.keys import PublicKey

_POLL_S: Final = 0.5
_PAGE: Final = 200
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True)
class FirstReading:
    """A reading that holds: its leaf of the log, its proof, and every link that was followed."""

    leaf: int
    proof: Proof
    report: Report


@dataclass(frozen=True)
class Endpoint:
    """A gateway's URL, and what its certificate is checked by (None: the system's CAs)."""

    url: str
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Baseline:
    """Than a set-up: at leaf ``leaf`` or later, and sealed in a boot after ``boot``.

    What a board had kept before it is sent after the set-up, and says nothing of it.
    """

    leaf: int
    boot: int


def log_size(url: str, tls: ssl.SSLContext | None = None) -> int:
    """Return how many leaves a gateway's log has now. Raises GatewayAnswerError."""
    return asyncio.run(_log_size(url, tls))


def first_reading(
    at: Endpoint,
    key: PublicKey,
    baseline: Baseline,
    patience_s: float,
    log_key: NoteKey | None = None,
) -> FirstReading:
    """Wait for a reading by ``key`` that is baseline than the board's set-up, and verify it.

    ``log_key`` is the log's, None to take the gateway's word for it. Raises NoReadingError if none comes
    in time, or what comes does not hold.
    """
    leaf, proof = asyncio.run(_first_proof(at, key, baseline, patience_s))
    if proof.device_key != key.cose():
        raise NoReadingError(
            f"the gateway's proof of leaf {leaf} is of another key: do not trust it"
        )
    report = verify(proof, None, log_key)
    if not report.sound:
        broken = "; ".join(f"{link.name}: {link.explanation}" for link in report.broken)
        raise NoReadingError(f"the reading at leaf {leaf} does not verify ({broken})")
    return FirstReading(leaf, proof, report)


async def _log_size(url: str, tls: ssl.SSLContext | None) -> int:
    async with fetch.opened(tls, _TIMEOUT) as session:
        return fetch.number_in(await fetch.get_json(session, f"{url}/v1/status"), "size")


async def _first_proof(
    at: Endpoint, key: PublicKey, baseline: Baseline, patience_s: float
) -> tuple[int, Proof]:
    deadline = time.monotonic() + patience_s
    waiting_for = (
        "no reading that the board took since its set-up has reached the gateway: `sealmote monitor` shows"
        " why"
    )
    async with fetch.opened(at.tls, _TIMEOUT) as session:
        while time.monotonic() < deadline:
            try:
                leaf = await _first_leaf(session, at.url, key, baseline)
                if leaf is not None:
                    return leaf, await fetch.fetch_proof(at.url, leaf, at.tls)
            except (
                fetch.GatewayAnswerError
            ) as error:  # such as a leaf that no checkpoint covers yet
                waiting_for = str(error)
            await asyncio.sleep(_POLL_S)
    raise NoReadingError(f"nothing after {patience_s:g} s: {waiting_for}")


async def _first_leaf(
    session: aiohttp.ClientSession, url: str, key: PublicKey, baseline: Baseline
) -> int | None:
    after, device = baseline.leaf - 1, key.thumbprint().hex()
    while True:
        more = f"&after={after}" if after >= 0 else ""
        page = await fetch.get_json(
            session, f"{url}/v1/readings?device={device}&limit={_PAGE}{more}"
        )
        readings = fetch.readings_of(page)
        for reading in readings:
            leaf = fetch.number_in(reading, "leaf")
            if leaf <= after:
                raise fetch.GatewayAnswerError(
                    f"{url} goes round in circles with its pages: is it a gateway?"
                )
            after = leaf
            if fetch.number_in(reading, "boot") > baseline.boot:
                return after
        if len(readings) < _PAGE:
            return None

"""Wait for a board's first reading at its gateway, and verify its proof."""

import ssl
import time
from dataclasses import dataclass
from typing import Final

from sealmote.client import Client, GatewayAnswerError
from sealmote.log.note import NoteKey
from sealmote.proof.proof_file import Proof
from sealmote.proof.report import Report
from sealmote.proof.verify import verify
from sealmote.provisioning.errors import NoReadingError
from sealwire.keys import PublicKey

_POLL_S: Final = 0.5
_PAGE: Final = 200
_TIMEOUT_S: Final = 10.0


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
    with Client(url, tls=tls, timeout_s=_TIMEOUT_S) as gateway:
        return gateway.status().size


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
    leaf, proof = _first_proof(at, key, baseline, patience_s)
    if proof.device_key != key.cose():
        raise NoReadingError(
            f"the gateway's proof of leaf {leaf} is of another key: do not trust it"
        )
    report = verify(proof, None, log_key)
    if not report.sound:
        broken = "; ".join(f"{link.name}: {link.explanation}" for link in report.broken)
        raise NoReadingError(f"the reading at leaf {leaf} does not verify ({broken})")
    return FirstReading(leaf, proof, report)


def _first_proof(
    at: Endpoint, key: PublicKey, baseline: Baseline, patience_s: float
) -> tuple[int, Proof]:
    deadline = time.monotonic() + patience_s
    waiting_for = (
        "no reading that the board took since its set-up has reached the gateway: `sealmote monitor` shows"
        " why"
    )
    with Client(at.url, tls=at.tls, timeout_s=_TIMEOUT_S) as gateway:
        while time.monotonic() < deadline:
            try:
                leaf = _first_leaf(gateway, key, baseline)
                if leaf is not None:
                    return leaf, gateway.proof(leaf)
            except GatewayAnswerError as error:  # such as a leaf that no checkpoint covers yet
                waiting_for = str(error)
            time.sleep(_POLL_S)
    raise NoReadingError(f"nothing after {patience_s:g} s: {waiting_for}")


def _first_leaf(gateway: Client, key: PublicKey, baseline: Baseline) -> int | None:
    after = baseline.leaf - 1 if baseline.leaf else None
    pages = gateway.pages(device=key.thumbprint(), after=after, page_size=_PAGE)
    newest = (
        reading for page in pages for reading in page.readings if reading.boot > baseline.boot
    )
    return next((reading.leaf for reading in newest), None)

"""A real gateway on a real socket, and boards that seal with real keys."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from forging import LATER
from patience import PATIENCE_S
from sealmote import crypto
from sealmote.crypto import Signer
from sealmote.gateway import ChainOptions, Gateway, Limits, LogOptions, Options, accept
from sealwire import ack, message, senml, statement
from sealwire.keys import ES256, PublicKey

ORIGIN = "sealmote.example/test"
OPTIONS = Options(
    log=LogOptions(merge_delay_s=120.0, checkpoint_period_s=0.05),
    chain=ChainOptions(anchor_period_s=0.05),
    limits=Limits(body_timeout_s=PATIENCE_S),
)
NOW = 1_763_000_000


class Board:
    """A board's key; `seal` and `state` make what a board would send."""

    def __init__(self, alg: int = ES256):
        self.signer = Signer.generate(alg)

    @property
    def name(self) -> str:
        return self.signer.public.thumbprint().hex()

    def seal(
        self, sequence: int, *, boot: int = 1, value: int = 2150, iat: int | None = NOW
    ) -> bytes:
        records = [senml.Record("temperature", "Cel", value, -2)]
        if iat is None:
            records.append(senml.Record("uptime", "s", 12))
        return message.seal(self.signer, senml.Pack(iat, records), boot, sequence, iat)

    def state(self, sequence: int, *, boot: int = 1, nonce: bytes | None = None) -> bytes:
        counters = (48_000, 3, 2, 0, 2, 1)
        account = statement.Account(
            0, 1, 20, None, (0, 7), [(0, 3, 4, 5, bytes(32))], bytes(32), counters
        )
        said = statement.Statement(
            bytes.fromhex("02aabbccddee"), b"generic", 61, boot, "sealmote", "0.1.0", account, nonce
        )
        return message.seal(self.signer, said, boot, sequence, NOW)


class FastKey(PublicKey):
    """A key that checks at library speed: a board's own check is tested elsewhere."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        return crypto.verify(self, message, signature)


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Live:
    """A gateway that serves from a thread of its own until `stop`."""

    directory: Path
    chain: Any = None
    listeners: dict[str, Any] = field(default_factory=dict)
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = Gateway.open(self.directory)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self.run(self.gateway.start(chain=self.chain, listeners=self.listeners))
        except BaseException:
            self.stop()
            raise
        self.port = int(self.gateway.url.rsplit(":", 1)[1])

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self.run(self.gateway.stop())
        self.run(self._drain())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.gateway.close()

    async def _drain(self) -> None:
        """Let connections that are still open end, as asyncio.run does."""
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.request("GET", path, None, **headers)

    def post(self, *messages: bytes) -> ack.Acknowledgement:
        """Send messages as a sequence and return the checked acknowledgement."""
        reply = self.request(
            "POST", "/v1/readings", b"".join(messages), Content_Type="application/cbor-seq"
        )
        return self.opened(reply)

    def opened(self, reply: Reply) -> ack.Acknowledgement:
        """Return the acknowledgement in a reply, its signature checked."""
        assert reply.status == 200, reply.body
        pinned = self.gateway.ack_key
        return ack.open_ack(reply.body, FastKey(pinned.alg, pinned.x, pinned.y), ORIGIN)

    def results(self, *messages: bytes) -> list[tuple[int, int | None]]:
        return [(outcome.result, outcome.code) for outcome in self.post(*messages).outcomes]

    def wait_published(self, size: int) -> None:
        """Wait until a checkpoint covers `size` leaves."""
        self.wait(
            lambda: ((self.get("/v1/status").json["checkpoint"] or {}).get("size", 0)) >= size
        )

    def wait(self, condition: Callable[[], bool]) -> None:
        gate = threading.Event()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if condition():
                return
            gate.wait(0.025)
        raise AssertionError(f"it did not happen within {PATIENCE_S:g} seconds")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The directory of a gateway that is made and not open."""
    path = tmp_path / "gateway"
    Gateway.create(path, ORIGIN, OPTIONS).close()
    return path


@pytest.fixture
def make_live() -> Iterator[Callable[..., Live]]:
    """Start gateways; those that still serve in the end are stopped."""
    running: list[Live] = []

    def start(directory: Path, chain: Any = None, **listeners: Any) -> Live:
        running.append(Live(directory, chain, listeners))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def live(make_live: Callable[..., Live], directory: Path) -> Live:
    """A gateway that serves."""
    return make_live(directory)


@pytest.fixture
def make_board() -> type[Board]:
    """Make boards that nobody knows yet."""
    return Board


@pytest.fixture
def board(live: Live) -> Board:
    """A board that is registered with `live`."""
    made = Board()
    live.gateway.add_device(made.signer.public, unproven=True)
    return made


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have the check of every bad signature but a batch's first take until this is set."""
    release = threading.Event()

    def verify(key: Any, signed: bytes, signature: bytes) -> bool:
        if signature == LATER:
            release.wait(PATIENCE_S)
        return crypto.verify(key, signed, signature)

    monkeypatch.setattr(accept, "verify", verify)
    return release


@pytest.fixture
def obstacle(directory: Path) -> Iterator[Path]:
    """What keeps the head from being written, as a disk without room does."""
    made = directory / "published.new"
    made.mkdir()
    return made

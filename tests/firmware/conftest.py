"""Runs device code on MicroPython's Unix port, and gives it real servers to talk to."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from outgoing import sender
from sealmote.common import text_encoding
from sealmote.crypto import Signer
from sealmote.sim import Board, Conditions, Fault, ForkServer, Host, Network
from sealmote.sim.environment import ntp
from sealmote.sim.environment.ntp import Standing
from sealmote.sim.runtime import interpreter
from sealwire import ack, cose, message
from sealwire.keys import ES256
from sealwire.sequence import split_sequence

FIRMWARE = Path(__file__).parents[2] / "firmware"
ORIGIN = "sealmote.example/test"
PATIENCE_S = 120.0  # of real time; it is there to fail, never to judge

# Modules that import nothing of the ESP32 run on CPython as well, and are tested there too.
sys.path.insert(0, str(FIRMWARE))

Run = Callable[..., list[Any]]
Clock = Callable[[], int]  # Unix nanoseconds


@pytest.fixture
def micropython(tmp_path: Path) -> Run:
    """Run a script with the firmware importable; returns what it printed, a JSON value a line.

    ``values`` are put before it as JSON, each under its name.
    """

    def run(script: str, timeout: float = 300, heapsize: str = "", **values: Any) -> list[Any]:
        prelude = "import json\n" + "".join(
            f"{name} = json.loads({text_encoding.json_for_board(value)!r})\n"
            for name, value in values.items()
        )
        path = tmp_path / "script.py"
        path.write_text(prelude + script)
        command = interpreter.command()
        if heapsize:
            command += ["-X", "heapsize=" + heapsize]
        done = subprocess.run(
            [*command, str(path)],
            env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line[:1] in '{["']

    return run


@pytest.fixture
def send(micropython: Run, board_config: dict[str, Any]) -> Any:
    return sender(micropython, board_config)


_END = b"end"  # no request of any client


class TimeServer:
    """Answers SNTP over UDP in a thread; ``answer`` makes the datagrams from the request."""

    def __init__(self) -> None:
        self.clock: Clock = time.time_ns
        self.answer: Callable[[bytes], list[bytes]] = lambda request: [self.honest(request)]
        self.standing = Standing()
        self.requests: list[int] = []  # when each came, by its clock
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            request, address = self._socket.recvfrom(512)
            if request == _END:
                return
            self.requests.append(self.clock())
            for datagram in self.answer(request):
                with suppress(
                    OSError
                ):  # the board is gone; the next one still wants to know the time
                    self._socket.sendto(datagram, address)

    def honest(self, request: bytes) -> bytes:
        """An answer with the server's time, and its standing."""
        now = self.clock()
        made = ntp.answer(request, now, now, self.standing)
        assert made is not None
        return made

    def close(self) -> None:
        # Its number could be another socket's while the thread still waits on it.
        self._socket.sendto(_END, self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@pytest.fixture
def time_server() -> Iterator[TimeServer]:
    server = TimeServer()
    yield server
    server.close()


class StubGateway:
    """A real HTTP server that acknowledges with a real key, in a thread of its own.

    ``messages`` holds every message it accepted, in order; ``judge`` gives the outcome for one;
    ``respond``, if set, answers in place of all that.
    """

    def __init__(self) -> None:
        self.clock: Clock = time.time_ns
        self.signer = Signer.generate(ES256)
        self.messages: list[bytes] = []
        self.requests: list[tuple[str, int]] = []
        self.hashes: list[bytes] = []  # SHA-256 of every acknowledgement it gave
        self.judge: Callable[[bytes], ack.Outcome] = self.accept
        self.respond: Callable[[web.Request], Any] | None = None
        self.port = 0
        self._first: dict[bytes, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        assert self._ready.wait(PATIENCE_S)

    @property
    def key(self) -> str:
        return bytes(self.signer.public.cose()).hex()

    def accept(self, item: bytes) -> ack.Outcome:
        leaf = cose.leaf_hash(item)
        if leaf in self._first:
            return ack.Outcome(leaf, ack.DUPLICATE, None, leaf, self._first[leaf])
        self._first[leaf] = self.unix_s() + 60
        self.messages.append(item)
        return ack.Outcome(leaf, ack.ACCEPTED)

    def acknowledge(self, outcomes: list[ack.Outcome], origin: str = ORIGIN) -> bytes:
        now = self.unix_s()
        return ack.seal(self.signer, ack.Acknowledgement(origin, now, now + 60, outcomes))

    def unix_s(self) -> int:
        return self.clock() // 1_000_000_000

    def numbers(self) -> list[tuple[int, int]]:
        headers = [message.parse(item).header for item in self.messages]
        return [(header.boot, header.sequence) for header in headers]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/readings", self._post)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if self.respond is not None:
            answer: web.StreamResponse = await self.respond(request)
            return answer
        body = await request.read()
        several = request.content_type == "application/cbor-seq"
        items = split_sequence(body, 256) if several else [body]
        self.requests.append((request.content_type, len(items)))
        answer = self.acknowledge([self.judge(item) for item in items])
        self.hashes.append(sha256(answer).digest())
        return web.Response(body=answer, content_type="application/cose")

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def stub_gateway() -> Iterator[StubGateway]:
    gateway = StubGateway()
    yield gateway
    gateway.close()


@pytest.fixture
def board_config(stub_gateway: StubGateway, time_server: TimeServer) -> dict[str, Any]:
    """A whole /config.json for a board next to the stub gateway and the time server."""
    return {
        "wifi": {"ssid": "home", "password": "correct horse"},
        "gateway": {
            "url": f"http://127.0.0.1:{stub_gateway.port}",
            "origin": ORIGIN,
            "key": stub_gateway.key,
        },
        "ntp": {"host": "127.0.0.1", "port": time_server.port},
        "sample": {"period_s": 1, "count": 3, "sensors": ["bme280"]},
        "upload": {"period_s": 1},
        "log": "debug",
    }


Live = Callable[..., None]


@pytest.fixture
def live(stub_gateway: StubGateway, time_server: TimeServer) -> Live:
    """Have a board live for so many seconds of its own clock, the servers' too; then it has no power.

    The clock is virtual: it stands still while the board computes or a server may still answer, so
    what comes of a life depends on the board, its faults and the seed alone.
    """

    def run(
        board: Board,
        seconds: float,
        *faults: Fault,
        seed: int = 1,
        hosts: tuple[Host, ...] = (),
        heap_bytes: int | None = None,
    ) -> None:
        stub_gateway.clock = time_server.clock = lambda: board.shared_state.now_us * 1000
        everything = (*faults, Fault("switch-off", at=seconds))
        with board:
            board.start(
                Conditions(
                    virtual=True,
                    seed=seed,
                    faults=everything,
                    hosts=hosts,
                    heap_bytes=heap_bytes,
                    patience_s=PATIENCE_S,
                )
            )
            board.wait_off(PATIENCE_S)

    return run


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer(compiled=True) as server:
        yield server


@pytest.fixture(scope="session")
def compiled_flash(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Path:
    """A flash with the compiled firmware on it."""
    board = Board.create(tmp_path_factory.mktemp("compiled") / "board", launcher=fork_server)
    board.install(compiled=True)
    return board.flash_path


@pytest.fixture
def quick_board(
    tmp_path: Path, fork_server: ForkServer, compiled_flash: Path
) -> Callable[..., Board]:
    """Make a board that starts in half the time, for lives of many starts: compiled, from a fork server.

    ``edits`` change its sources before that, as (path, from, to).
    """

    def make(config: dict[str, Any], *edits: tuple[str, str, str]) -> Board:
        board = Board.create(
            tmp_path / "board",
            mac=b"\x02\x5e\xa1\0\0\1",
            wifi=[Network("home", "correct horse")],
            launcher=fork_server,
        )
        source = tmp_path / "firmware"
        if edits:
            shutil.copytree(FIRMWARE, source)
            for path, old, new in edits:
                text = (source / path[1:]).read_text()
                assert old in text
                (source / path[1:]).write_text(text.replace(old, new))
        else:
            shutil.copyfile(compiled_flash, board.flash_path)
            source.mkdir()
            for name in ("boot.py", "main.py"):
                shutil.copyfile(FIRMWARE / name, source / name)
        board.install(source, config, compiled=bool(edits))
        return board

    return make


@pytest.fixture
def live_until(stub_gateway: Any, time_server: Any) -> Callable[..., None]:
    """Have a board live on virtual time until something is true: one that sleeps deeply too."""

    def run(board: Board, true: Callable[[], bool]) -> None:
        stub_gateway.clock = time_server.clock = lambda: board.shared_state.now_us * 1000
        deadline = time.monotonic() + PATIENCE_S
        with board:
            board.start(Conditions(virtual=True, seed=1, patience_s=PATIENCE_S))
            while not true():
                assert time.monotonic() < deadline, "it did not come to pass in time"
                time.sleep(0.02)

    return run

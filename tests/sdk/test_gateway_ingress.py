"""A second way in beside HTTP: the same refusals, the same limits, the same fair order, one log."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from distributions import install
from forging import LATER, forge, forged
from guides import example
from patience import PATIENCE_S
from sealmote.common.fault_log import FaultLog
from sealmote.errors import SealmoteError
from sealmote.gateway import Gateway, GatewayError, Limits, LogOptions, Options
from sealmote.gateway.ingress.listener import Listener
from sealmote.gateway.intake import MAX_BODY, MAX_MESSAGES, Intake
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.refusals import refusal_of
from sealmote.plugins import INGRESS
from sealwire import ack

ACCEPTED, REFUSED = b"+", b"-"


class Batches(Listener):
    """A batch a connection, to its end; the answer is + and the acknowledgement, or - and why not."""

    def __init__(self, intake: Intake):
        self._intake = intake
        self._faults = FaultLog(logging.getLogger(__name__))
        self.trouble: str | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def health(self) -> str | None:
        return self.trouble

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            source = source_of(writer.get_extra_info("peername")[0])
            taken = await self._intake.take(await reader.read(-1), several=True, source=source)
            writer.write(ACCEPTED + taken)
        except Exception as error:  # noqa: BLE001  # `refusal_of` knows what to say of each
            refusal = refusal_of(error, self._faults, "a batch")
            writer.write(REFUSED + json.dumps(refusal[1:]).encode())
        await writer.drain()
        writer.close()


class Second:
    """A gateway with both ways in."""

    def __init__(self, make_live: Callable[..., Any], directory: Path):
        self.live = make_live(directory, batches=self._make)

    def _make(self, intake: Intake) -> Batches:
        self.listener = Batches(intake)
        return self.listener

    def send(self, body: bytes) -> tuple[bytes, bytes]:
        with socket.create_connection(("127.0.0.1", self.listener.port), PATIENCE_S) as line:
            line.sendall(body)
            line.shutdown(socket.SHUT_WR)
            with line.makefile("rb") as answer:
                return answer.read(1), answer.read()

    def refused(self, body: bytes) -> tuple[str, str, int | None]:
        mark, why = self.send(body)
        assert mark == REFUSED
        cause, next_step, retry_after_s = json.loads(why)
        return cause, next_step, retry_after_s

    def post(self, body: bytes) -> Any:
        return self.live.request("POST", "/v1/readings", body, Content_Type="application/cbor-seq")

    def refused_over_http(self, body: bytes) -> tuple[str, str, int | None]:
        reply = self.post(body)
        assert reply.status >= 400
        after = reply.headers.get("Retry-After")
        return reply.json["detail"], reply.json["next_step"], None if after is None else int(after)

    def register(self, board: Any) -> Any:
        self.live.gateway.add_device(board.signer.public, unproven=True)
        return board


@pytest.fixture
def both(make_live: Callable[..., Any], directory: Path) -> Second:
    return Second(make_live, directory)


def test_what_comes_by_either_way_is_in_one_log(both: Second, make_board: Any) -> None:
    board = both.register(make_board())
    mark, taken = both.send(board.seal(0) + board.seal(1))
    assert mark == ACCEPTED
    opened = ack.open_ack(taken, both.live.gateway.ack_key, both.live.gateway.origin)
    assert [outcome.result for outcome in opened.outcomes] == [ack.ACCEPTED] * 2
    results = both.live.results(board.seal(1), board.seal(2))
    assert [result for result, _ in results] == [ack.DUPLICATE, ack.ACCEPTED]
    assert both.live.get("/v1/status").json["size"] == 3


@pytest.mark.parametrize("body", [b"", b"\xd2\x84\x43", b"\xf6" * (MAX_MESSAGES + 1)])
def test_a_body_that_cannot_be_split_is_refused_as_over_http(both: Second, body: bytes) -> None:
    assert both.post(body).status == 400
    assert both.refused(body) == both.refused_over_http(body)


def test_a_body_has_its_bound_whatever_the_listener_reads(both: Second) -> None:
    cause, _, _ = both.refused(bytes(MAX_BODY + 1))
    reply = both.post(bytes(MAX_BODY + 1))
    assert (reply.status, reply.json["detail"]) == (413, cause)


def test_a_gateway_that_is_halted_takes_nothing_by_any_way(
    both: Second, make_board: Any, obstacle: Path
) -> None:
    board = both.register(make_board())
    assert both.send(board.seal(0))[0] == ACCEPTED
    both.live.wait(lambda: both.live.get("/v1/status").json["halted"] is not None)
    refused = both.refused(board.seal(1))
    assert "head cannot be published" in refused[0]
    assert refused == both.refused_over_http(board.seal(1))
    obstacle.rmdir()
    both.live.wait(lambda: both.send(board.seal(1))[0] == ACCEPTED)


def test_the_bound_on_concurrent_work_is_one_for_both(
    tmp_path: Path, make_live: Callable[..., Any], make_board: Any, stuck: Event
) -> None:
    options = Options(log=LogOptions(checkpoint_period_s=0.05), limits=Limits(max_requests=1))
    Gateway.create(tmp_path / "one", "sealmote.example/one", options).close()
    both = Second(make_live, tmp_path / "one")
    board = both.register(make_board())
    held = both.live.gateway._serving._intake._places._taken
    busy = ("1 requests are being worked on", "send the request again later", 5)
    with ThreadPoolExecutor(1) as other:
        for hold, refuse in ((both.post, both.refused), (both.send, both.refused_over_http)):
            waiting = other.submit(hold, forge(board, 0, LATER))
            both.live.wait(lambda: held.total() == 1)
            assert refuse(board.seal(0)) == busy
            stuck.set()
            waiting.result(PATIENCE_S)
            stuck.clear()
    assert both.send(board.seal(0))[0] == ACCEPTED


def test_boards_do_not_wait_for_the_bad_signatures_that_come_by_another_way(
    both: Second, make_board: Any, stuck: Event
) -> None:
    board = both.register(make_board())
    body = forged(board, 256)
    suspects = both.live.gateway._serving._intake._suspect_places._taken
    with ThreadPoolExecutor(6) as strangers:
        answers = [strangers.submit(both.send, body) for _ in range(6)]
        both.live.wait(lambda: suspects.total() == 6)
        for start in range(0, 160, 80):
            batch = b"".join(board.seal(start + number) for number in range(80))
            assert both.send(batch)[0] == ACCEPTED
            assert both.post(batch).status == 200
        assert not any(answer.done() for answer in answers)
        stuck.set()
        assert {answer.result(PATIENCE_S)[0] for answer in answers} == {ACCEPTED}


def test_the_status_says_what_keeps_a_listener_from_accepting(both: Second) -> None:
    assert both.live.get("/v1/status").json["listeners"] == {"http": None, "batches": None}
    both.listener.trouble = "the broker does not answer: see whether it runs"
    listeners = both.live.get("/v1/status").json["listeners"]
    assert listeners == {"http": None, "batches": both.listener.trouble}


PLUGIN = (
    example("plugins.md", "import logging")
    + """
class Hasty(Folder):
    async def start(self):
        raise ZeroDivisionError


nothing = 1
"""
)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"folder": "Folder", "hasty": "Hasty", "wrong": "dataclass", "nothing": "nothing"}
    entries = {name: f"acme_folder:{value}" for name, value in names.items()}
    site = install(tmp_path / "site", "acme-folder", {"acme_folder.py": PLUGIN}, {INGRESS: entries})
    monkeypatch.syspath_prepend(str(site))


def configure(directory: Path, *lines: str) -> None:
    with (directory / "gateway.toml").open("a") as file:
        file.write("\n".join(("", *lines, "")))


@pytest.mark.usefixtures("installed")
def test_a_package_brings_a_listener_that_the_settings_open(
    make_live: Callable[..., Any], directory: Path, make_board: Any, tmp_path: Path
) -> None:
    board, folder = make_board(), tmp_path / "folder"
    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
    folder.mkdir()
    (folder / "batch.cbor").write_bytes(board.seal(0) + board.seal(1))
    configure(directory, "[ingress.folder]", f'path = "{folder}"')
    (folder / "empty.cbor").touch()
    live = make_live(directory)
    status = live.get("/v1/status").json
    assert status["size"] == 2
    trouble = "empty.cbor: the body is empty; send 1 to 256 whole CBOR items, one after another"
    assert status["listeners"] == {"http": None, "folder": trouble}
    taken = (folder / "batch.ack").read_bytes()
    outcomes = ack.open_ack(taken, live.gateway.ack_key, live.gateway.origin).outcomes
    assert {outcome.result for outcome in outcomes} == {ack.ACCEPTED}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (("[ingress.folder]",), "ingress.folder: path is missing"),
        (("[ingress.fodler]",), "ingress.fodler: no installed package.*there are: folder, hasty, "),
        (("[ingress.hasty]", 'path = "x"'), "the listener hasty cannot start: ZeroDivisionError"),
        (("[ingress.wrong]",), "'wrong' .*acme-folder 1.0 cannot be used"),
        (("[ingress.nothing]",), "'nothing' .*acme-folder 1.0 cannot be used"),
        (("[ingress.http]", "port = 1"), "ingress.http: HTTP is always there"),
        (("[ingress]", "folder = 1"), "ingress.folder = 1 is not an object"),
    ],
)
def test_what_is_wrong_with_a_listeners_settings_is_said_before_anything_is_served(
    make_live: Callable[..., Any], directory: Path, lines: tuple[str, ...], cause: str
) -> None:
    configure(directory, *lines)
    with pytest.raises(SealmoteError, match=cause):
        make_live(directory)


class Unable(Batches):
    """One that cannot start, and cannot stop either."""

    async def start(self) -> None:
        raise GatewayError("there is no broker: name another")

    async def stop(self) -> None:
        raise RuntimeError("it never was")


def test_a_listener_that_cannot_start_keeps_the_gateway_from_starting(
    make_live: Callable[..., Any], directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(GatewayError, match="there is no broker"):
        make_live(directory, unable=Unable)
    assert "the listener unable does not stop: RuntimeError: it never was" in caplog.text
    make_live(directory)  # nothing holds directory or port


class Slow(Batches):
    """One that takes a batch in as it starts, and is then long over it."""

    batch = b""

    async def start(self) -> None:
        await super().start()
        await self._intake.take(self.batch, several=True, source="slow")
        await asyncio.Event().wait()


def test_what_is_taken_while_a_listener_is_still_starting_is_published(
    directory: Path, make_board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = make_board()
    monkeypatch.setattr(Slow, "batch", board.seal(0))

    async def start_slowly(gateway: Gateway) -> None:
        starting = asyncio.create_task(gateway.start(listeners={"slow": Slow}))
        published = directory / "published"
        async with asyncio.timeout(PATIENCE_S):
            while not published.exists() or b"\n1\n" not in published.read_bytes():  # noqa: ASYNC110  # a file
                await asyncio.sleep(0.01)
        assert not starting.done()
        starting.cancel()
        await asyncio.wait([starting])

    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
        asyncio.run(start_slowly(gateway))

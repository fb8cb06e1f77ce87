"""Connections that do nothing, or too little: each is ended in time, and none is in a board's way."""

import contextlib
import json
import multiprocessing
import socket
import sys
import threading
import time
import urllib.request
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.gateway import Gateway, Limits, Options
from sealmote.gateway.limits.fair_queue import Usage
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.run import run
from sealmote.gateway.web import connections
from sealwire import ack

ASKED = b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW_BODY = (
    b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"
    b"Content-Length: 100\r\n\r\n\xd2\x84"
)


def connect(port: int, sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    if sent:
        made.sendall(sent)
    return made


def is_ended(one: socket.socket) -> bool:
    """Read until the other side ends it; False if it does not within the socket's time."""
    try:
        while one.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.fixture
def hasty(tmp_path: Path, make_live: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway that waits a second for everything, with room for 16 connections, 4 of one address."""
    monkeypatch.setattr(connections, "KEPT_S", 1.0)
    options = Options(limits=Limits(body_timeout_s=1.0, max_connections=16))
    Gateway.create(tmp_path / "hasty", "sealmote.example/test", options).close()
    return make_live(tmp_path / "hasty")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="no byte"),
        pytest.param(b"GET /v1/keys HT", id="half a line"),
        pytest.param(b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n", id="half a header"),
        pytest.param(ASKED, id="kept alive"),
        pytest.param(ASKED + b"GET /v1", id="kept alive, and half a line"),
        pytest.param(SLOW_BODY, id="half a body"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abcdefghij", id="no HTTP"),
    ],
)
def test_a_connection_that_does_nothing_is_ended(hasty: Any, sent: bytes) -> None:
    with connect(hasty.port, sent) as idle:
        assert is_ended(idle)


def test_a_header_that_drips_is_ended(hasty: Any) -> None:
    with connect(hasty.port, b"GET /v1/keys HTTP/1.1\r\nX: ") as slow:
        slow.settimeout(0.1)
        for _ in range(int(PATIENCE_S / 0.1)):
            with contextlib.suppress(ConnectionError):
                slow.send(b"x")
            if is_ended(slow):
                return
    raise AssertionError("it could send its header for ever")


def test_an_answer_that_nobody_reads_is_ended(hasty: Any, make_board: Any) -> None:
    board = make_board()
    hasty.gateway.add_device(board.signer.public, unproven=True)
    for start in range(0, 1000, 200):
        hasty.post(*(board.seal(number) for number in range(start, start + 200)))
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(PATIENCE_S)
        deaf.connect(("127.0.0.1", hasty.port))
        deaf.sendall(b"GET /v1/readings?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        hasty.wait(lambda: not hasty.gateway._serving._http._connections._sizes)


@pytest.mark.parametrize("sent", [b"", b"GET /", ASKED, SLOW_BODY], ids=repr)
def test_idle_connections_of_one_address_do_not_keep_others_out(
    hasty: Any, make_board: Any, sent: bytes
) -> None:
    board = make_board()
    hasty.gateway.add_device(board.signer.public, unproven=True)

    def taken(raw: bytes) -> bool:
        """Post as a board does, which comes again while four others are being answered."""
        headers = {"Content_Type": "application/cose"}
        try:
            reply = hasty.request("POST", "/v1/readings", raw, **headers)
        except ConnectionError:  # turned away before it was heard
            return False
        return bool(reply.status == 200 and hasty.opened(reply).outcomes)

    with contextlib.ExitStack() as held:
        idle = [held.enter_context(connect(hasty.port, sent)) for _ in range(40)]
        for number in range(5):  # from that very address
            hasty.wait(partial(taken, board.seal(number)))
        assert len(idle) - sum(is_ended_already(one) for one in idle) <= 4


def is_ended_already(one: socket.socket) -> bool:
    one.settimeout(0.05)
    return is_ended(one)


def test_busy_connections_are_not_ended_for_new_ones(hasty: Any, make_board: Any) -> None:
    """Four are being worked on: the fifth is told to come again, the four get their answer."""
    board = make_board()
    hasty.gateway.add_device(board.signer.public, unproven=True)
    release = threading.Event()
    hasty.gateway._store.write(lambda _: release.wait(PATIENCE_S))
    head = b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"
    known = hasty.gateway._serving._http._connections
    with contextlib.ExitStack() as held:
        held.callback(release.set)
        busy = []
        for number in range(4):
            raw = board.seal(number)
            request = head + b"Content-Length: %d\r\n\r\n" % len(raw) + raw
            busy.append(held.enter_context(connect(hasty.port, request)))
        hasty.wait(lambda: known._open == 4 and not known._waiting)
        with connect(hasty.port, ASKED) as fifth:
            assert fifth.recv(4096).startswith(b"HTTP/1.1 503")
        release.set()
        assert all(one.recv(4096).startswith(b"HTTP/1.1 200") for one in busy)


def serve_with_few_descriptors(directory: Path, started: Connection) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, min(hard, 512)))
    run(Gateway.open(directory), port=0, on_started=started.send)


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX")
def test_eleven_hundred_idle_connections_stop_nothing(directory: Path, make_board: Any) -> None:
    """With 512 descriptors at most: the newest head is still published, and a reading accepted."""
    board = make_board()
    with Gateway.open(directory) as gateway:
        gateway.add_device(board.signer.public, unproven=True)
    started, theirs = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve_with_few_descriptors, args=(directory, theirs))
    process.start()
    try:
        assert started.poll(PATIENCE_S)
        url = started.recv()
        with contextlib.ExitStack() as held:
            for _ in range(1100):
                held.enter_context(connect(int(url.rsplit(":", 1)[1])))
            asked = urllib.request.Request(
                f"{url}/v1/readings", board.seal(0), {"Content-Type": "application/cose"}
            )
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
                assert answer.status == 200
            wait_for_head(url)
    finally:
        process.kill()
        process.join()


def wait_for_head(url: str) -> None:
    """Wait until a reading is under a published head: with a tick between two looks."""
    for _ in range(int(PATIENCE_S / 0.05)):
        with urllib.request.urlopen(f"{url}/v1/status", timeout=PATIENCE_S) as answer:
            head = json.load(answer)["checkpoint"]
        if head is not None:
            assert head["size"] == 1
            return
        time.sleep(0.05)
    raise AssertionError("the reading was accepted, and no head published")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "?"),
        ("a pipe", "?"),
    ],
)
def test_one_household_is_one_source(address: str | None, source: str) -> None:
    assert source_of(address) == source


def test_what_is_no_request_is_answered_late_once_there_is_much_of_it(
    live: Any, board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "FEW", 3)
    monkeypatch.setattr(connections, "PAUSE_S", 0.3)
    known = live.gateway._serving._http._connections
    known._garbage = Usage(lambda: 0.0)  # nothing is forgotten, however long this takes

    def answered_after() -> float:
        begin = time.monotonic()
        with socket.create_connection(("127.0.0.1", live.port), PATIENCE_S) as one:
            one.sendall(b"\x16\x03\x01 no request\r\n\r\n")
            assert b" 400 " in one.recv(1000)
        return time.monotonic() - begin

    for _ in range(3):
        assert known.pause_of("another") == 0.0
        answered_after()
    assert answered_after() >= 0.3
    assert known.pause_of("another") == 0.3
    assert known.pause_of("a third") == 0.0
    assert live.post(board.seal(0)).outcomes[0].result == ack.ACCEPTED

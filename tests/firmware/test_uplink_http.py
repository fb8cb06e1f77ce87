"""Over HTTP: what servers may answer, and what a request says."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from outgoing import RawServer, send_to

RAW = {
    "not http": (b"220 mail.example ESMTP\r\n\r\n", "the answer is not HTTP"),
    "nothing": (b"", "the connection ended within the answer, after 0 bytes"),
    "cut head": (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection ended within the answer"),
    "cut body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", "ended within the answer"),
    "somebody else's": (b"HTTP/1.1 200 OK\r\n\r\nabc", "not the pinned gateway's"),
    "endless head": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 17000, "longer than 16384"),
    "moved": (
        b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://new.example/v1/readings\r\n\r\n",
        "308: the gateway has moved to https://new.example/v1/readings; put its new address into",
    ),
    "log in": (b"HTTP/1.1 302 Found\r\nlocation:http://portal/\r\n\r\n", "302: sent on to http://portal/,"),
    "an address that paints": (
        b"HTTP/1.1 301 Moved\r\nLocation: /\x1b[2J\xe2\x80\xae" + b"x" * 300 + b"\r\n\r\n",
        "301: the gateway has moved to /%1B[2J%E2%80%AE" + "x" * 112 + "...; put",
    ),
    "elsewhere": (b"HTTP/1.1 307 Temporary\r\n\r\n", "307: sent elsewhere without an address"),
    "404": (b"HTTP/1.1 404 Not Found\r\n\r\n", "404: no gateway at this url"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", "204: no acknowledgement"),
}  # fmt: skip


@pytest.mark.parametrize("kind", RAW)
def test_an_answer_that_is_not_whole_is_refused(send: Any, kind: str) -> None:
    answer, reason = RAW[kind]
    ((said, kept),) = send_to(RawServer(answer), send)
    assert reason in str(said)
    assert kept == 1


def test_a_gateway_that_answers_byte_by_byte_is_left(send: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(100)
    impatient = "uplink._transport.answer_ms = 700\n"
    said = send_to(RawServer(answer, 0.05), send, before=impatient)
    assert said == [["answering took longer than 0 s", 1]]


def chunks(body: bytes) -> bytes:
    pieces = (body[:1], body[1:50], body[50:])
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\nX: y\r\n\r\n"


FRAMED: dict[str, Callable[[bytes], bytes]] = {
    "100 first": lambda body: (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    ),
    "chunks": lambda body: b"HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\n" + chunks(body),
    "until the end": lambda body: b"HTTP/1.0 200\r\nServer: old\r\n\r\n" + body,
}


@pytest.mark.parametrize("kind", FRAMED)
@pytest.mark.parametrize("pause", [0, 0.0005])
def test_however_it_is_framed_an_acknowledgement_counts(
    send: Any, stub_gateway: Any, kind: str, pause: float
) -> None:
    def framed(item: bytes) -> bytes:
        return FRAMED[kind](stub_gateway.acknowledge([stub_gateway.accept(item)]))

    assert send_to(RawServer(framed, pause), send) == [[False, 0]]


def test_chunks_of_a_real_server_count(send: Any, stub_gateway: Any) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        answer = stub_gateway.acknowledge([stub_gateway.accept(await request.read())])
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(answer[:10])
        await response.write(answer[10:])
        return response

    stub_gateway.respond = respond
    assert send(1) == [[False, 0]]


def test_what_a_request_says(send: Any) -> None:
    server = RawServer(b"HTTP/1.1 503 Busy\r\n\r\n")
    send_to(server, send)
    lines = server.requests[0][0].decode().split("\r\n")
    assert lines[0] == "POST /v1/readings HTTP/1.1"
    fields = dict(line.split(": ", 1) for line in lines[1:-2])
    assert fields["Host"].startswith("127.0.0.1:")
    assert fields["Accept-Encoding"] == "identity"
    assert fields["Connection"] == "close"
    assert fields["User-Agent"].startswith("sealmote/")


def test_the_default_port_is_not_named(micropython: Any) -> None:
    script = """
from mote.uplink.http_request import _request
from mote.configuration.url import parse_url
print(json.dumps([[line for line in _request(parse_url(url), [b""]).decode().split("\\r\\n")
                   if line.startswith("Host")] for url in urls]))
"""
    urls = [
        "http://a.example",
        "https://a.example",
        "http://a.example:443",
        "https://a.example:80/x",
    ]
    assert micropython(script, urls=urls) == [
        [["Host: a.example"]] * 2 + [["Host: a.example:443"], ["Host: a.example:80"]]
    ]


def test_nobody_there_is_an_oserror_and_all_stays(send: Any) -> None:
    ((said, kept),) = send(1, gateway_url="http://127.0.0.1:9")
    assert isinstance(said, str)
    assert kept == 1

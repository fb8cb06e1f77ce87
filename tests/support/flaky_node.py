"""A proxy before a real node's JSON-RPC that turns requests away, as providers and proxies do."""

import http.client
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What a client gets instead of the node's answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def error(cls, code: int, message: str, status: int = 200, **headers: str) -> "Reply":
        """Return a JSON-RPC error."""
        answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
        return cls(status, json.dumps(answer).encode(), headers)


PAGE = Reply(200, b"<!DOCTYPE html><html><body>Just a moment...</body></html>")
BAD_GATEWAY = Reply(502, b"<html><h1>502 Bad Gateway</h1></html>")
TOO_MANY = Reply(429, b"Too Many Requests")
RESET = Reply(0)  # the connection is reset before an answer
LOST = Reply(-1)  # the node gets the request, and the connection is reset after it

Fault = Callable[[Json], Reply | None]


class FlakyNode:
    """A proxy before `upstream`; `fault` says which reply a request gets, None for the node's own.

    `change` may change a node's result. `asked` are the methods in the order in which they came.
    """

    def __init__(self, upstream: str):
        self.fault: Fault = lambda _: None
        self.change: Callable[[Json, Any], Any] = lambda _, result: result
        self.requests: list[Json] = []
        self.address = ""
        self._upstream = urlsplit(upstream)

    @property
    def asked(self) -> list[str]:
        return [request["method"] for request in self.requests]

    def answer(self, request: Json, body: bytes) -> Reply:
        """Return what the client gets."""
        self.requests.append(request)
        fault = self.fault(request)
        if fault is not None and fault is not LOST:
            return fault
        reply = self._forward(body)
        if fault is LOST:
            return LOST
        answer = json.loads(reply.body)
        if "result" in answer:
            answer["result"] = self.change(request, answer["result"])
        return Reply(reply.status, json.dumps(answer).encode())

    def _forward(self, body: bytes) -> Reply:
        host, port = self._upstream.hostname or "", self._upstream.port
        connection = http.client.HTTPConnection(host, port, timeout=60)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            got = connection.getresponse()
            return Reply(got.status, got.read())
        finally:
            connection.close()


@contextmanager
def flaky(upstream: str, path: str = "") -> Iterator[FlakyNode]:
    """Serve a flaky node before a real one's address, itself at an address that ends with `path`."""
    node = FlakyNode(upstream)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = node.answer(json.loads(body), body)
            if reply.status <= 0:
                linger = struct.pack("ii", 1, 0)  # close by RST
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        node.address = f"http://127.0.0.1:{server.server_port}{path}"
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()


def range_limit(most: int, reply: Reply) -> Fault:
    """Refuse to look for events in more than so many blocks at once."""

    def fault(request: Json) -> Reply | None:
        if request["method"] != "eth_getLogs":
            return None
        query = request["params"][0]
        span = int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1
        return reply if span > most else None

    return fault

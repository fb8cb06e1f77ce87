"""Where requests go: a node over HTTP, or a chain in this process. Both speak JSON-RPC 2.0.

A node's address may hold a secret (an API key in its path), so messages show its host only.
"""

import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

from sealmote.chain.errors import (
    NodeRefusedError,
    NodeReplyError,
    NodeUnreachableError,
    TargetError,
)
from sealmote.chain.hexadecimal import data

if TYPE_CHECKING:
    from sealmote.chain.embedded import EmbeddedChain

EMBEDDED = "embedded:"
MAX_REPLY = 16 * 1024 * 1024  # bytes
_TIMEOUT_S = 30


class Node(Protocol):
    """Whoever answers requests."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def request(self, method: str, params: list[object]) -> object:
        """Return a request's result, any JSON value.

        Raises NodeUnreachableError, NodeReplyError for what is no answer, NodeRefusedError for an error.
        """

    def close(self) -> None:
        """Let go of what it holds."""


def open_node(target: str) -> Node:
    """Return the node behind a target: "embedded:PATH" or an http(s) address."""
    if target.startswith(EMBEDDED):
        # Late, because the EVM takes a second to load and a client of a real node has no need of it.
        from sealmote.chain.embedded import EmbeddedChain  # noqa: PLC0415

        return EmbeddedNode(EmbeddedChain(Path(target.removeprefix(EMBEDDED))), owned=True)
    return HttpNode(target)


class EmbeddedNode:
    """A chain in this process. It is closed with the node if it is `owned`."""

    def __init__(self, chain: "EmbeddedChain", *, owned: bool = False):
        from sealmote.chain.rpc import Rpc  # noqa: PLC0415 -- late, as above

        self.name = f"embedded chain {chain.path}"
        self._chain = chain
        self._rpc = Rpc(chain)
        self._owned = owned

    def request(self, method: str, params: list[object]) -> object:
        """Return a request's result."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return _result(self._rpc.answer(request), self.name, method)

    def close(self) -> None:
        """Close the chain if this node opened it."""
        if self._owned:
            self._chain.close()


class HttpNode:
    """A node at an http or https address. Redirects are not followed."""

    def __init__(self, address: str):
        """Take the address; TargetError if it is none. Nothing is sent yet."""
        self._url = _parsed(address)
        self.name = f"{self._url.scheme}://{self._url.hostname}:{self._port()}"

    def request(self, method: str, params: list[object]) -> object:
        """Send one request over a connection of its own."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            status, reply = self._post(body.encode())
        except (OSError, http.client.HTTPException) as error:
            raise NodeUnreachableError(
                f"no answer from {self.name} ({error or type(error).__name__}):"
                " check that the node runs and that its address is right"
            ) from error
        try:
            answer = json.loads(reply)
        except (ValueError, RecursionError) as error:
            raise NodeReplyError(
                f"{self.name} answered {method} with HTTP status {status} and no JSON:"
                " check that this is the address of a JSON-RPC endpoint"
            ) from error
        return _result(answer, self.name, method)

    def close(self) -> None:
        """Nothing is held between requests."""

    def _post(self, body: bytes) -> tuple[int, bytes]:
        kind = (
            http.client.HTTPSConnection
            if self._url.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = kind(self._url.hostname or "", self._port(), timeout=_TIMEOUT_S)
        try:
            path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            reply = response.read(MAX_REPLY + 1)
        finally:
            connection.close()
        if len(reply) > MAX_REPLY:
            raise NodeReplyError(f"{self.name} answered with more than {MAX_REPLY} bytes")
        return response.status, reply

    def _port(self) -> int:
        return self._url.port or (443 if self._url.scheme == "https" else 80)


def _parsed(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        usable = False
    if not usable or url.username is not None or url.fragment:
        raise TargetError(
            'a chain is "embedded:PATH", or http://HOST:PORT or https://HOST/PATH of a node'
            " (without user name and fragment)"
        )
    return url


def _result(answer: object, name: str, method: str) -> object:
    if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
        raise NodeReplyError(f"{name} answered {method} with something that is not JSON-RPC 2.0")
    error = answer.get("error")
    if error is not None:
        raise _refused(error, name, method)
    if answer.get("id") != 1 or "result" not in answer:
        raise NodeReplyError(f"{name} answered {method} with neither result nor error")
    return answer["result"]


def _refused(error: object, name: str, method: str) -> NodeRefusedError | NodeReplyError:
    if not isinstance(error, dict):
        return NodeReplyError(f"{name} answered {method} with an error that is no object")
    code, message = error.get("code"), error.get("message")
    if not isinstance(code, int) or not isinstance(message, str):
        return NodeReplyError(f"{name} answered {method} with an error without code and message")
    try:
        revert = data(error.get("data"))
    except ValueError:  # nodes put other things there as well
        revert = b""
    return NodeRefusedError(f"{name} refused {method}: {message[:300]} ({code})", code, revert)

"""One HTTP address of a node: one JSON-RPC request, one attempt, and what its answer means.

An address may hold a secret (an API key in its path or query), so no message shows more of it than its
host, and what a node says is shown without what it repeats of the address.
"""

import email.utils
import http.client
import json
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from sealmote.chain.errors import (
    NodeBusyError,
    NodePageError,
    NodeRefusedError,
    NodeReplyError,
    NodeUnreachableError,
    TargetError,
)
from sealmote.chain.evm.encoding.hexadecimal import data

MAX_REPLY = 16 * 1024 * 1024  # bytes
MAX_REST_S = (
    3600.0  # heeded of a Retry-After, so that a broken one does not end a gateway's anchors
)
_TIMEOUT_S = 30
_MAX_WORDS = 300  # characters of a node's message
_LEAST_SECRET = 6  # characters: a shorter part of a path ("v3", "rpc") is no key

# What stands in an HTTP request line (RFC 3986, section 2): no space, no control character, ASCII.
_ADDRESS = re.compile(r"[!-~]+")

# What providers answer instead of HTTP status 429; JSON-RPC errors have no common code for it.
# -32005 is "limit exceeded" (EIP-1474), by which some mean the range of eth_getLogs.
_BUSY_CODES = (429, -32007, -32090)
_LIMIT_CODE = -32005
_BUSY = re.compile(
    r"rate.?limit|too many requests|per second|throughput|overload|over capacity"
    r"|daily request|request (count|limit)|try again later|header not found",
    re.IGNORECASE,
)

# A fault of the node's own, by its words; and codes that speak of the request, whatever the HTTP status.
_FAULT = re.compile(
    r"internal ([a-z-]+ )?error|temporar|timeout|timed out|unable to complete|missing trie node"
    r"|unknown block|unavailable",
    re.IGNORECASE,
)
_OF_THE_REQUEST = (3, -32600, -32601, -32602)
_ANYTHING = -32000  # a server error by JSON-RPC 2.0, by which nodes also say "nonce too low"

_BUSY_STATUS = (429, 503)
_LATER_STATUS = (408, 425)
_FINAL_STATUS = (400, 401, 402, 404, 405, 410, 413, 415)  # asked again, the same comes back


class Endpoint:
    """An http or https address of a node. Redirects are not followed."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic):
        """Take the address; TargetError if it is none. Nothing is sent yet."""
        self._url = _parsed(address.strip())
        self._clock = clock
        self._resting_until = 0.0
        self.name = f"{self._url.scheme}://{self._url.hostname}:{self._port()}"

    def rest_s(self) -> float:
        """Return for how many seconds the node asked to be left alone."""
        return max(0.0, self._resting_until - self._clock())

    def request(self, method: str, params: list[object]) -> object:
        """Send one request over a connection of its own and return its result.

        Raises NodeBusyError, NodeUnreachableError and NodePageError, after which it can be asked
        again, and NodeReplyError and NodeRefusedError.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            status, after, reply = self._post(body.encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            # ValueError: a name that no DNS can have, a header that is none (http.client, encodings.idna).
            raise NodeUnreachableError(
                f"no answer from {self.name} ({_cause(error)}):"
                " check that the node runs and that its address is right"
            ) from None  # the cause may quote the address
        if len(reply) > MAX_REPLY:
            raise NodeReplyError(f"{self.name} answered with more than {MAX_REPLY} bytes")
        answer = _json(reply)
        spoken = isinstance(answer, dict) and "jsonrpc" in answer
        if status in _BUSY_STATUS or answer is None or not (spoken or status == HTTPStatus.OK):
            self._refuse_status(method, status, after)
        return self._result(answer, method, status)

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        """Return status, Retry-After and body of the answer."""
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._port(), timeout=_TIMEOUT_S)
        try:
            path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            after = response.getheader("Retry-After") or ""
            return response.status, after, response.read(MAX_REPLY + 1)
        finally:
            connection.close()

    def _refuse_status(self, method: str, status: int, after: str) -> NoReturn:
        """Say what an answer means that is no JSON-RPC, or has the status of a node that is busy."""
        if status in _BUSY_STATUS:
            rest = _seconds(after)
            self._resting_until = self._clock() + rest
            until = f", and not to be asked for {rest:.0f} s" if rest else ""
            raise NodeBusyError(
                f"{self.name} says that it has too much to do (HTTP status {status}){until}:"
                " wait, or name further nodes"
            )
        if status in _LATER_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NodeUnreachableError(
                f"{self.name} answered {method} with HTTP status {status}: try again later, or name"
                " further nodes"
            )
        text = (
            f"{self.name} answered {method} with HTTP status {status} and no JSON:"
            " check that this is the address of a JSON-RPC endpoint"
        )
        moved = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        raise (NodeReplyError if moved or status in _FINAL_STATUS else NodePageError)(text)

    def _result(self, answer: object, method: str, status: int) -> object:
        try:
            return result_of(answer, self.name, method)
        except NodeRefusedError as error:
            words = self._without_secrets(str(error))
            if _is_busy(error.code, words, method):
                raise NodeBusyError(f"{words}: wait, or name further nodes") from None
            if not error.data and _is_fault(error.code, words, method, status):
                raise NodeUnreachableError(
                    f"{words}: try again later, or name further nodes"
                ) from None
            raise NodeRefusedError(words, error.code, error.data) from None

    def _without_secrets(self, text: str) -> str:
        """Return a node's message without the parts of our address that it repeats."""
        parts = re.split(r"[/?&=]", f"{self._url.path}?{self._url.query}")
        for part in sorted(parts, key=len, reverse=True):
            if len(part) >= _LEAST_SECRET:
                text = text.replace(part, "…")
        return text

    def _port(self) -> int:
        return self._url.port or (443 if self._url.scheme == "https" else 80)


def result_of(answer: object, name: str, method: str) -> object:
    """Return the result in a response of JSON-RPC 2.0. Raises NodeReplyError, NodeRefusedError."""
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
    words = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in message)
    return NodeRefusedError(f"{name} refused {method}: {words[:_MAX_WORDS]} ({code})", code, revert)


def _is_busy(code: int, words: str, method: str) -> bool:
    """Say whether an error means that the node has too much to do, not that the request is wrong."""
    if code == _LIMIT_CODE and method != "eth_getLogs":
        return True
    return code in _BUSY_CODES or _BUSY.search(words) is not None


def _is_fault(code: int, words: str, method: str, status: int) -> bool:
    """Say whether an error means that the node itself failed, and may not the next time.

    What takes too long in history is asked for in parts.
    """
    if method == "eth_getLogs" or code in _OF_THE_REQUEST:
        return False
    failed = status in _LATER_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return (failed and code != _ANYTHING) or _FAULT.search(words) is not None


def _parsed(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        usable = False
    if not usable or not _ADDRESS.fullmatch(address) or url.username is not None or url.fragment:
        raise TargetError(
            'a chain is "embedded:PATH", or http://HOST:PORT or https://HOST/PATH of a node (without'
            " user name and fragment; what is not ASCII, and spaces, percent-encoded)"
        )
    return url


def _json(reply: bytes) -> object:
    """Return the JSON value of an answer, None if it is none (or null, which is no answer either)."""
    try:
        return json.loads(reply)
    except (ValueError, RecursionError):
        return None


def _cause(error: Exception) -> str:
    """Name what went wrong on the way, by words that never quote the address."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _seconds(after: str) -> float:
    """Read a Retry-After (RFC 9110, section 10.2.3): seconds, or a date; 0 if it is neither."""
    if after.isascii() and after.isdigit():
        return min(float(after[:9]), MAX_REST_S)
    try:
        until = email.utils.parsedate_to_datetime(after).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(0.0, until - time.time()), MAX_REST_S)

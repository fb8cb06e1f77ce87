"""Asking a gateway for proofs, over a real socket."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sealmote.proof import fetch
from sealmote.proof.fetch import GatewayAnswerError, fetch_numbered, fetch_proof, find_leaf
from sealwire import cose, message, senml

PAINTED = json.dumps({"detail": "\x1b[2K\n✓ every link holds \u202e"}).encode()


def _url(live: Any) -> str:
    return f"http://127.0.0.1:{live.port}"


def test_a_page_that_arrives_in_parts_is_read_whole(live: Any, board: Any) -> None:
    largest = [senml.Record(f"{number:024}", "Cel", -(10**12), -2) for number in range(16)]
    for start in range(0, 300, 100):
        numbers = range(start, start + 100)
        live.post(
            *(message.seal(board.signer, senml.Pack(2**30, largest), 1, n, 2**30) for n in numbers)
        )
    assert asyncio.run(find_leaf(_url(live), board.name, 1, 299)) == 299


def test_a_reading_that_is_not_there_is_named(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    with pytest.raises(GatewayAnswerError, match=f"no reading 1/7 of {board.name}"):
        asyncio.run(find_leaf(_url(live), board.name, 1, 7))


@pytest.mark.parametrize("address", ["my-gateway", "ftp://127.0.0.1", "127.0.0.1:8470"])
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    with pytest.raises(GatewayAnswerError, match="is no address of a gateway"):
        asyncio.run(fetch_proof(address, 1))


def test_a_gateway_that_is_not_there_is_said_to_be_silent() -> None:
    with pytest.raises(GatewayAnswerError, match="check that the gateway runs"):
        asyncio.run(fetch_proof("http://127.0.0.1:1", 1))


@pytest.fixture
def liar(live: Any, board: Any) -> Iterator[str]:
    """A server that answers as the real gateway does, but gives leaf 1 for leaf 0; leaf 7 paints."""
    live.post(board.seal(0), board.seal(1))
    live.wait_published(2)
    other = f"/v1/proofs/{cose.leaf_hash(board.seal(0)).hex()}"

    class Lying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = "/v1/proofs/1" if self.path in ("/v1/proofs/0", other) else self.path
            reply = live.request("GET", path)
            body = PAINTED if self.path == "/v1/proofs/7" else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Lying) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_another_leafs_proof_is_not_taken_for_the_one_asked_for(liar: str, board: Any) -> None:
    for asked in (0, "0", cose.leaf_hash(board.seal(0)).hex()):
        with pytest.raises(GatewayAnswerError, match=r"answered with leaf 1, .*do not trust it"):
            asyncio.run(fetch_proof(liar, asked))
    assert asyncio.run(fetch_proof(liar, 1)).message == board.seal(1)


def test_another_numbers_proof_is_not_taken_for_the_one_asked_for(
    live: Any, board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.post(board.seal(0), board.seal(1))
    live.wait_published(2)
    found = asyncio.run(fetch_numbered(_url(live), board.name, 1, 1))
    assert found.message == board.seal(1)

    async def lie(*_: object) -> int:
        return 0

    monkeypatch.setattr(fetch, "find_leaf", lie)  # a gateway whose page of readings lies
    with pytest.raises(GatewayAnswerError, match=r"asked for 1/1 of .* answered with 1/0"):
        asyncio.run(fetch_numbered(_url(live), board.name, 1, 1))


def test_what_a_gateway_says_cannot_paint(liar: str) -> None:
    with pytest.raises(GatewayAnswerError) as caught:
        asyncio.run(fetch_proof(liar, 7))
    assert str(caught.value).isprintable()
    assert "every link holds" in str(caught.value)


def test_an_address_with_letters_outside_ascii_is_asked_or_refused() -> None:
    with pytest.raises(GatewayAnswerError):
        asyncio.run(fetch_proof("http://127.0.0.1:1/é", 1))
    with pytest.raises(GatewayAnswerError):
        asyncio.run(fetch_proof("http://\udc80:1/", 1))

"""Asking a gateway for proofs, over a real socket."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sealmote.crypto import Signer
from sealmote.proof import fetch
from sealmote.proof.fetch import GatewayAnswerError, fetch_numbered, fetch_proof, find_leaf
from sealmote.provisioning.errors import NoReadingError
from sealmote.provisioning.first_reading import Baseline, Endpoint, first_reading
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


@pytest.fixture
def says() -> Iterator[Any]:
    """A server that answers every request with the bytes that it is told."""

    class Saying(BaseHTTPRequestHandler):
        body = b""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.body)))
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Saying) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def say(body: bytes) -> str:
            Saying.body = body
            return f"http://127.0.0.1:{server.server_port}"

        yield say
        server.shutdown()
        thread.join()


def test_an_answer_nested_without_end_is_no_json(says: Any) -> None:
    with pytest.raises(GatewayAnswerError, match="no JSON"):
        asyncio.run(fetch_proof(says(b"[" * 200_000), 1))


@pytest.mark.parametrize(
    "page",
    [
        {"readings": [{"sequence": 1}], "after": None},
        {"readings": [{"sequence": 1, "leaf": "1"}], "after": None},
        {"readings": [{"sequence": 1, "leaf": None}], "after": None},
        {"readings": [{"sequence": 1, "leaf": True}], "after": None},
        {"readings": [{"sequence": 1, "leaf": -1}], "after": None},
        {"readings": [], "after": "5&limit=1"},
        {"readings": [], "after": 5},
    ],
)
def test_a_page_that_no_gateway_has_is_an_answer_error(says: Any, page: object) -> None:
    address = says(json.dumps(page).encode())
    with pytest.raises(GatewayAnswerError):
        asyncio.run(find_leaf(address, "ab" * 32, 1, 1))
    with pytest.raises(NoReadingError):
        first_reading(Endpoint(address), Signer.generate(-7).public, Baseline(0, 0), 0.01)


@pytest.mark.parametrize("host", ["a..b", ".", "a" * 300])
def test_a_name_that_no_dns_can_have_is_no_address(host: str) -> None:
    with pytest.raises(GatewayAnswerError, match="is no address of a gateway"):
        asyncio.run(fetch_proof(f"http://{host}", 1))


def test_a_password_in_an_address_is_never_repeated(says: Any) -> None:
    page = json.dumps({"readings": [], "after": None}).encode()
    serving = says(page).replace("//", "//user:s3cret@")
    for address in ("http://user:s3cret@127.0.0.1:1", "ftp://user:s3cret@host", serving):
        for asking in (fetch_proof(address, 1), fetch_numbered(address, "ab" * 32, 1, 1)):
            with pytest.raises(GatewayAnswerError) as caught:
                asyncio.run(asking)
            assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("leaf", ["", "-1", "../keys", "1?x=1", "é", "0x1", "9" * 19, "ab" * 31])
def test_what_names_no_leaf_is_not_asked_for(says: Any, leaf: str) -> None:
    with pytest.raises(GatewayAnswerError, match="names no leaf"):
        asyncio.run(fetch_proof(says(b"{}"), leaf))


def test_a_leaf_and_a_device_are_found_however_they_are_written(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    live.wait_published(1)
    for leaf in ("00", cose.leaf_hash(board.seal(0)).hex().upper()):
        assert asyncio.run(fetch_proof(_url(live), leaf)).message == board.seal(0)
    found = asyncio.run(fetch_numbered(_url(live), board.name.upper(), 1, 0))
    assert found.message == board.seal(0)
    with pytest.raises(GatewayAnswerError, match="is no thumbprint"):
        asyncio.run(fetch_numbered(_url(live), "ab/..", 1, 0))

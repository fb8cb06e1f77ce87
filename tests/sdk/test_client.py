"""The client of gateways, over real sockets: what it is told, and what it refuses to take."""

import asyncio
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from answering import answering
from sealmote.client import AsyncClient, Client, GatewayAnswerError
from sealmote.crypto import Signer
from sealmote.proof.proof_file import Proof
from sealmote.provisioning.errors import NoReadingError
from sealmote.provisioning.first_reading import Baseline, Endpoint, first_reading
from sealwire import ack, cose, message, senml

FIRST_ANSWERS = Path(__file__).with_name("first_answers.txt")
GUIDE = Path(__file__).resolve().parents[2] / "docs/guides/client.md"
PAINTED = json.dumps({"detail": "\x1b[2K\n✓ every link holds \u202e"}).encode()


def _url(live: Any) -> str:
    return f"http://127.0.0.1:{live.port}"


def fetch_proof(url: str, leaf: int | str) -> Proof:
    with Client(url) as gateway:
        return gateway.proof(leaf)


def fetch_numbered(url: str, device: bytes | str, boot: int, sequence: int) -> Proof:
    with Client(url) as gateway:
        return gateway.proof_of(device, boot, sequence)


def find_leaf(url: str, device: bytes | str, boot: int, sequence: int) -> int:
    with Client(url) as gateway:
        return gateway.find_leaf(device, boot, sequence)


def test_a_page_that_arrives_in_parts_is_read_whole(live: Any, board: Any) -> None:
    largest = [senml.Record(f"{number:024}", "Cel", -(10**12), -2) for number in range(16)]
    for start in range(0, 300, 100):
        numbers = range(start, start + 100)
        live.post(
            *(message.seal(board.signer, senml.Pack(2**30, largest), 1, n, 2**30) for n in numbers)
        )
    assert find_leaf(_url(live), board.name, 1, 299) == 299


def test_a_reading_that_is_not_there_is_named(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    with pytest.raises(GatewayAnswerError, match=f"no reading 1/7 of {board.name}"):
        find_leaf(_url(live), board.name, 1, 7)


@pytest.mark.parametrize("address", ["my-gateway", "ftp://127.0.0.1", "127.0.0.1:8470"])
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    with pytest.raises(GatewayAnswerError, match="is no address of a gateway"):
        fetch_proof(address, 1)


def test_a_gateway_that_is_not_there_is_said_to_be_silent() -> None:
    with pytest.raises(GatewayAnswerError, match="check that the gateway runs"):
        fetch_proof("http://127.0.0.1:1", 1)


@pytest.fixture
def liar(live: Any, board: Any) -> Iterator[str]:
    """A server that answers as the real gateway does, but gives leaf 1 for leaf 0; leaf 7 paints."""
    live.post(board.seal(0), board.seal(1))
    live.wait_published(2)
    other = f"/v1/proofs/{cose.leaf_hash(board.seal(0)).hex()}"

    def lie(path: str) -> tuple[int, bytes]:
        reply = live.request("GET", "/v1/proofs/1" if path in ("/v1/proofs/0", other) else path)
        return reply.status, PAINTED if path == "/v1/proofs/7" else reply.body

    with answering(lie) as address:
        yield address


def test_another_leafs_proof_is_not_taken_for_the_one_asked_for(liar: str, board: Any) -> None:
    for asked in (0, "0", cose.leaf_hash(board.seal(0)).hex()):
        with pytest.raises(GatewayAnswerError, match=r"answered with leaf 1, .*do not trust it"):
            fetch_proof(liar, asked)
    assert fetch_proof(liar, 1).message == board.seal(1)


def test_another_numbers_proof_is_not_taken_for_the_one_asked_for(
    live: Any, board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.post(board.seal(0), board.seal(1))
    live.wait_published(2)
    found = fetch_numbered(_url(live), board.name, 1, 1)
    assert found.message == board.seal(1)

    async def lie(*_: object) -> int:
        return 0

    monkeypatch.setattr(AsyncClient, "find_leaf", lie)  # a gateway whose page of readings lies
    with pytest.raises(GatewayAnswerError, match=r"asked for 1/1 of .* answered with 1/0"):
        fetch_numbered(_url(live), board.name, 1, 1)


def test_what_a_gateway_says_cannot_paint(liar: str) -> None:
    with pytest.raises(GatewayAnswerError) as caught:
        fetch_proof(liar, 7)
    assert str(caught.value).isprintable()
    assert "every link holds" in str(caught.value)


def test_an_address_with_letters_outside_ascii_is_asked_or_refused() -> None:
    with pytest.raises(GatewayAnswerError):
        fetch_proof("http://127.0.0.1:1/é", 1)
    with pytest.raises(GatewayAnswerError):
        fetch_proof("http://\udc80:1/", 1)


@pytest.fixture
def says() -> Iterator[Any]:
    """A server that answers every request with the bytes that it is told."""
    said = [b""]
    with answering(lambda _: (200, said[-1])) as address:

        def say(body: bytes) -> str:
            said.append(body)
            return address

        yield say


def test_an_answer_nested_without_end_is_no_json(says: Any) -> None:
    with pytest.raises(GatewayAnswerError, match="no JSON"):
        fetch_proof(says(b"[" * 200_000), 1)


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
        find_leaf(address, "ab" * 32, 1, 1)
    with pytest.raises(NoReadingError):
        first_reading(Endpoint(address), Signer.generate(-7).public, Baseline(0, 0), 0.01)


@pytest.mark.parametrize("host", ["a..b", ".", "a" * 300])
def test_a_name_that_no_dns_can_have_is_no_address(host: str) -> None:
    with pytest.raises(GatewayAnswerError, match="is no address of a gateway"):
        fetch_proof(f"http://{host}", 1)


def test_a_password_in_an_address_is_never_repeated(says: Any) -> None:
    page = json.dumps({"readings": [], "after": None}).encode()
    serving = says(page).replace("//", "//user:s3cret@")
    for address in ("http://user:s3cret@127.0.0.1:1", "ftp://user:s3cret@host", serving):
        for asking in (lambda at: fetch_proof(at, 1), lambda at: find_leaf(at, "ab" * 32, 1, 1)):
            with pytest.raises(GatewayAnswerError) as caught:
                asking(address)
            assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("leaf", ["", "-1", "../keys", "1?x=1", "é", "0x1", "9" * 19, "ab" * 31])
def test_what_names_no_leaf_is_not_asked_for(says: Any, leaf: str) -> None:
    with pytest.raises(GatewayAnswerError, match="names no leaf"):
        fetch_proof(says(b"{}"), leaf)


def test_a_leaf_and_a_device_are_found_however_they_are_written(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    live.wait_published(1)
    for leaf in ("00", cose.leaf_hash(board.seal(0)).hex().upper()):
        assert fetch_proof(_url(live), leaf).message == board.seal(0)
    found = fetch_numbered(_url(live), board.name.upper(), 1, 0)
    assert found.message == board.seal(0)
    with pytest.raises(GatewayAnswerError, match="is no thumbprint"):
        fetch_numbered(_url(live), "ab/..", 1, 0)


def test_everything_is_typed_and_checked(live: Any, board: Any) -> None:
    with Client(_url(live) + "/") as gateway:
        keys = gateway.keys()
        assert (keys.origin, keys.ack_key) == (live.gateway.origin, live.gateway.ack_key.cose())
        sent = gateway.send([board.seal(0), board.seal(1)], live.gateway.ack_key, keys.origin)
        assert [one.result for one in sent.outcomes] == [ack.ACCEPTED] * 2
        token = (live.directory / "operator.token").read_text()
        asked = gateway.challenge(board.name, token, nonce=b"recent block")
        assert (asked.nonce, asked.answer) == (b"recent block", None)
        given = gateway.send([board.seal(2)], live.gateway.ack_key, keys.origin)
        assert given.challenge == (board.signer.public.kid(), asked.nonce)
        gateway.send([board.state(3, nonce=asked.nonce)], live.gateway.ack_key, keys.origin)
        report = gateway.device(bytes.fromhex(board.name))
        (said,) = report.statements
        assert report.challenges[0].answer == said
        assert report.boots[1].logged == [(0, 3)]
        assert [one.device.hex() for one in gateway.devices().devices] == [board.name]
        assert gateway.status().size == 4
        (value,) = next(gateway.readings(device=board.name, after=0)).records
        assert (value.name, str(value.value), value.unit) == ("temperature", "21.50", "Cel")
        assert isinstance(value.value, Decimal)


def test_readings_come_over_all_pages_from_asyncio_and_without(live: Any, board: Any) -> None:
    live.post(*(board.seal(number, boot=1 + number % 2) for number in range(25)))

    async def numbers() -> list[int]:
        async with AsyncClient(_url(live)) as gateway:
            pages = [page async for page in gateway.pages(boot=1, page_size=5)]
            assert [len(page.readings) for page in pages] == [5, 5, 3]
            return [reading.sequence async for reading in gateway.readings(boot=1)]

    with Client(_url(live)) as gateway:
        found = [reading.sequence for reading in gateway.readings(boot=1)]
        assert len(list(gateway.pages(page_size=10))) == 3
    assert found == asyncio.run(numbers()) == list(range(0, 25, 2))


def test_a_damaged_reading_is_not_passed_over_unsaid(live: Any, board: Any) -> None:
    live.post(board.seal(0), board.seal(1), board.seal(2))
    live.gateway._store.write(
        lambda db: db.execute("UPDATE leaves SET raw = x'00' WHERE number = 1")
    ).result()
    with Client(_url(live)) as gateway:
        found = gateway.readings()
        assert next(found).sequence == 0
        with pytest.raises(GatewayAnswerError, match="leaf 1, it is damaged: go on with after=1"):
            next(found)
        assert [reading.sequence for reading in gateway.readings(after=1)] == [2]
        (page,) = gateway.pages()
        assert [one.leaf for one in page.damaged] == [1]


def test_a_refusal_is_in_the_gateways_words(live: Any, board: Any) -> None:
    with Client(_url(live)) as gateway:
        for asking, said in (
            (lambda: gateway.proof(7), "no such leaf is in this log"),
            (lambda: gateway.device("0" * 64), "no device 0000"),
            (lambda: gateway.challenge(board.name, "x"), "this is for the gateway's operator"),
            (lambda: gateway.challenge(board.name, "x\r\ny"), "that is no operator's token"),
            (lambda: gateway.send([b""], live.gateway.ack_key, "x"), "the body is empty"),
        ):
            with pytest.raises(GatewayAnswerError, match=said):
                asking()
        with pytest.raises(GatewayAnswerError, match=r"no acknowledgement of example\.org/other"):
            gateway.send([board.seal(0)], live.gateway.ack_key, "example.org/other")


def test_another_device_than_was_asked_for_is_not_taken(live: Any, board: Any, says: Any) -> None:
    live.post(board.seal(0))
    for path, ask in (
        (f"/v1/devices/{board.name}", lambda gateway: gateway.device("ab" * 32)),
        ("/v1/readings", lambda gateway: next(gateway.readings(device="ab" * 32))),
    ):
        with (
            Client(says(live.get(path).body)) as gateway,
            pytest.raises(
                GatewayAnswerError, match=r"asked for .*abab.* answered with .*not trust"
            ),
        ):
            ask(gateway)


def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    """A server that takes the request and says nothing: a whole request has one time limit."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:
        address = f"http://127.0.0.1:{silent.server_port}"
        with (
            Client(address, timeout_s=0.1) as gateway,
            pytest.raises(GatewayAnswerError, match="no answer from"),
        ):
            gateway.status()


def test_an_answer_without_end_is_cut_off(says: Any) -> None:
    with (
        Client(says(b" " * (9 << 20))) as gateway,
        pytest.raises(GatewayAnswerError, match="more than 8388608 bytes"),
    ):
        gateway.status()


def test_what_the_first_gateways_answer_is_still_read() -> None:
    """The answers were recorded, with their keys and digits, before anything of them was declared."""
    text = FIRST_ANSWERS.read_text(encoding="utf-8")
    recorded = dict(line.split(" ", 1) for line in text.splitlines())

    def former(path: str) -> tuple[int, bytes]:
        body = recorded[path.split("?", maxsplit=1)[0]]
        return 404 if '"status": 404' in body else 200, body.encode()

    with answering(former) as address, Client(address) as gateway:
        assert gateway.status().anchor is not None
        (device,) = gateway.devices().devices
        report = gateway.device(device.device)
        assert len(report.challenges) == 2
        assert [drop.cause for drop in report.statements[0].drops] == ["refused", "room"]
        assert [reading.leaf for reading in gateway.readings()] == [0, 1]
        assert gateway.proof(0).device_key == device.key
        with pytest.raises(GatewayAnswerError, match="no such leaf"):
            gateway.proof(9)


def test_the_blocking_client_blocks_no_coroutine() -> None:
    async def wrong() -> None:
        Client("http://127.0.0.1:1").status()

    with pytest.raises(RuntimeError, match="use AsyncClient in a coroutine"):
        asyncio.run(wrong())
    with pytest.raises(RuntimeError, match="use it in a with statement"):
        Client("http://127.0.0.1:1").status()


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")}

    assert public(Client) - {"run"} == public(AsyncClient)
    for name in public(AsyncClient) - {"shown"}:
        asked, blocking = getattr(AsyncClient, name), getattr(Client, name)
        assert inspect.signature(asked) == inspect.signature(blocking)
        assert blocking.__doc__ == asked.__doc__


def test_a_client_needs_no_board_no_chain_and_no_gateway() -> None:
    code = "import sys, sealmote.client; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    for name in ("esptool", "serial", "eth", "web3", "sealmote.gateway", "sealmote.board"):
        assert not [one for one in loaded if one == name or one.startswith(f"{name}.")], name


def test_the_guides_examples_run(
    live: Any,
    board: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    live.post(board.seal(0), board.seal(1))
    live.wait_published(2)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for example in examples:
        program = example.replace("http://127.0.0.1:8470", _url(live))
        exec(compile(program, "the guide's example", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "2 leaves", f"{board.name} 2", *["1763000000 temperature 21.50 Cel"] * 2, "1",
    ]  # fmt: skip
    assert (tmp_path / "reading.proof").is_file()

"""What a gateway says of itself is pinned on boards: whole, or not at all."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from answering import answering
from sealmote.client import GatewayAnswerError
from sealmote.crypto import Signer
from sealmote.log.note import NoteKey
from sealmote.provisioning.errors import TargetError
from sealmote.provisioning.target import ask, choose

ACK, LOG = Signer.generate(-7).public, Signer.generate(-7).public
KEYS: dict[str, object] = {
    "origin": "example.org/garden",
    "ack_key": ACK.cose().hex(),
    "log_key": LOG.cose().hex(),
    "log_vkey": NoteKey("example.org/garden", LOG).vkey(),
}


@pytest.fixture
def said(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server that answers with one document, whatever it is asked."""
    status, told = request.param if isinstance(request.param, tuple) else (200, request.param)
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    with answering(lambda _: (status, body)) as address:
        yield address


@pytest.mark.parametrize("said", [KEYS], indirect=True)
def test_a_gateways_keys_are_pinned(said: str) -> None:
    pin = ask(said)
    assert (pin.url, pin.origin, pin.key) == (said, "example.org/garden", ACK)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {key: value for key, value in KEYS.items() if key != "origin"},
        {**KEYS, "origin": None},
        {**KEYS, "origin": "example.org/other"},
        {**KEYS, "log_vkey": "x"},
        {**KEYS, "ack_key": "00"},
        {**KEYS, "ack_key": None},
    ],
    indirect=True,
)
def test_what_is_not_whole_is_not_pinned(said: str) -> None:
    with pytest.raises(GatewayAnswerError):
        ask(said)


@pytest.mark.parametrize(
    "said", [{}, b"<h1>It works!</h1>", (404, b"not found"), (500, {})], indirect=True
)
def test_what_is_no_gateway_is_not_taken_for_one_that_is_to_come(
    said: str, directory: Path
) -> None:
    with pytest.raises(TargetError, match=r"is not the gateway of .* name with --url"):
        choose(str(directory), said)


@pytest.mark.parametrize("said", [KEYS], indirect=True)
def test_another_gateway_is_not_taken_for_the_folders(said: str, directory: Path) -> None:
    with pytest.raises(TargetError, match=r"serves example\.org/garden"):
        choose(str(directory), said)


@pytest.mark.parametrize("said", [(502, b"<h1>Bad Gateway</h1>")], indirect=True)
def test_a_gateway_that_is_not_up_yet_may_be_provisioned_for(said: str, directory: Path) -> None:
    assert not choose(str(directory), said).answers  # its proxy says so
    assert not choose(str(directory), "http://127.0.0.1:9").answers

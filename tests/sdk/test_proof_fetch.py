"""Asking a gateway for proofs, over a real socket."""

import asyncio
from typing import Any

import pytest

from sealmote.proof.fetch import GatewayAnswerError, fetch_proof, find_leaf
from sealwire import message, senml


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

"""The OpenAPI document: it has the routes, and what a real gateway answers is as it says, no key more."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declared_values import API_MODELS, changed, valid
from sealmote.api import answers
from sealmote.gateway.exports.json_export import reading_json
from sealmote.gateway.exports.rows import rows_of
from sealmote.gateway.reports import device_answers
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.web.app import ROUTES
from sealmote.gateway.web.openapi import document
from sealmote.models import ModelError, Schemas, parse, parse_json, plain, schema_of
from sealwire import message, registration, senml

Judge = jsonschema.Draft202012Validator
NOW = 1_800_000_000
VECTORS = Path(__file__).resolve().parents[1] / "vectors/must_accept.json"
NOBODY = "0" * 64
ANCHOR = {
    "chain_id": 5, "contract": "0x" + "11" * 20, "transaction": "0x" + "22" * 32, "block": 9,
    "block_hash": "0x" + "33" * 32, "block_time": 1_800_000_000,
}  # fmt: skip


def test_the_openapi_document_has_exactly_the_routes(live: Any) -> None:
    served = live.get("/openapi.json").json
    assert served == json.loads(json.dumps(document()))
    assert served["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, item in served["paths"].items() for method in item
    }
    assert described == {(method, re.sub(r":[^}]*", "", path)) for method, path, _ in ROUTES}
    for path, item in served["paths"].items():
        for operation in item.values():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return schemas that take no key beside those that they name."""
    return {name: one | {"unevaluatedProperties": False} for name, one in schemas.items()}


def anchor(directory: Path, size: int, chain_receipt: str | None = None) -> None:
    """Note in a gateway's database that its checkpoint of a size is anchored."""
    with closing(sqlite3.connect(directory / "gateway.sqlite", isolation_level=None)) as connection:
        ((root,),) = connection.execute("SELECT root FROM checkpoints WHERE size = ?", (size,))
        text = chain_receipt or json.dumps(ANCHOR | {"size": size, "root": bytes(root).hex()})
        connection.execute("REPLACE INTO anchors VALUES (?, 1, 1, ?)", (size, text))


@pytest.fixture
def eventful(live: Any, board: Any, make_board: Any) -> Any:
    """A gateway that has one of everything: readings, a statement, evidence, challenges, an anchor."""
    owned, owner = make_board(), bytes(range(20))
    terms = registration.Terms(0, bytes(20), owner, 0, 4_000_000_000)
    live.gateway.add_device(owned.signer.public, owner, registration.seal(owned.signer, terms))
    live.gateway.revoke_device(bytes.fromhex(owned.name))
    asked = live.gateway.challenge_device(bytes.fromhex(board.name))
    live.post(board.seal(0, iat=None), board.seal(1))
    live.post(board.state(2, nonce=asked.nonce), board.seal(1, value=99))
    exact = [senml.Record("v", None, 9_007_199_254_740_993, -3), senml.Record("w", "%RH", 1, 0)]
    live.post(message.seal(board.signer, senml.Pack(1_763_000_000, exact), 2, 0, 1_763_000_000))
    live.gateway.challenge_device(bytes.fromhex(board.name))
    live.wait_published(5)
    anchor(live.directory, 5)
    return live


def asked_of(live: Any, board: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the method and path in the document, and the answer, of all that can be asked."""
    token = (live.directory / "operator.token").read_text().strip()
    for path in (
        "/v1/readings", "/v1/readings?limit=1", "/v1/readings?format=csv", "/v1/readings?limit=x",
        "/v1/devices", f"/v1/devices/{board.name}", f"/v1/devices/{NOBODY}", "/v1/proofs/0",
        "/v1/proofs/2", "/v1/proofs/3", "/v1/proofs/99", "/v1/proofs/x", "/v1/keys", "/v1/status",
        "/checkpoint", "/tile/0/000.p/1", "/tile/0/000.p/300", "/tile/entries/000.p/1",
        "/tile/entries/001", "/openapi.json",
    ):  # fmt: skip
        template = re.sub("/v1/devices/.+", "/v1/devices/{thumbprint}", path.split("?")[0])
        template = re.sub("/v1/proofs/.+", "/v1/proofs/{leaf}", template)
        template = re.sub("/tile/entries/.+", "/tile/entries/{path}", template)
        template = re.sub("/tile/0/.+", "/tile/{level}/{path}", template)
        yield "get", template, live.get(path)
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        reply = live.request("POST", f"/v1/devices/{board.name}/challenge", None, **headers)
        yield "post", "/v1/devices/{thumbprint}/challenge", reply


def test_answers_are_as_the_openapi_document_says(eventful: Any, board: Any) -> None:
    served = eventful.get("/openapi.json").json
    schemas = {"schemas": closed(served["components"]["schemas"])}
    for method, template, reply in asked_of(eventful, board):
        said = served["paths"][template][method]["responses"][str(reply.status)]["content"]
        media = reply.headers["Content-Type"].split(";")[0]
        assert media in said, template
        if media.endswith("json"):
            Judge({**said[media]["schema"], "components": schemas}).validate(reply.json)


def test_what_is_damaged_is_as_the_document_says(eventful: Any, board: Any) -> None:
    anchor(eventful.directory, 5, "{}")
    with closing(sqlite3.connect(eventful.directory / "gateway.sqlite")) as connection:
        connection.execute("UPDATE leaves SET raw = x'00' WHERE number IN (0, 2)")
        connection.commit()
    assert eventful.get("/v1/status").json["anchor"]["receipt"]["damaged"]
    assert eventful.get("/v1/readings").json["damaged"]
    assert eventful.get(f"/v1/devices/{board.name}").json["damaged"]
    test_answers_are_as_the_openapi_document_says(eventful, board)


def test_an_answer_that_differs_from_its_declaration_fails(eventful: Any) -> None:
    """The judge of the test above is not one that takes everything."""
    schemas = {"schemas": closed(document()["components"]["schemas"])}
    judge = Judge({"$ref": "#/components/schemas/Status", "components": schemas})
    status = eventful.get("/v1/status").json
    assert judge.is_valid(status)
    for change in ({"size": "5"}, {"size": True}, {"more": 1}, {"anchor": {}}, {"damaged": [1]}):
        assert not judge.is_valid(status | change)
    del status["halted"]
    assert not judge.is_valid(status)


def of_boards() -> list[Any]:
    """Messages at the bounds of the wire format: no board may make an answer that no client reads."""
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return [
        pytest.param(bytes.fromhex(case["bytes"]), id=case["name"])
        for case in cases
        if case["kind"] == "message"
    ]


@pytest.mark.parametrize("raw", of_boards())
def test_whatever_a_board_may_seal_can_be_answered(raw: bytes) -> None:
    sealed = message.parse(raw)
    number = (sealed.header.boot, sealed.header.sequence)
    leaf = Leaf(0, bytes(32), 1, raw, NOW, NOW, bytes(32), *number, sealed)
    if isinstance(sealed.content, senml.Pack):
        (row,) = rows_of([leaf], {})
        reading = parse_json(answers.Reading, reading_json(row))
        found = [(one.name, one.unit, str(one.value)) for one in reading.records]
        assert found == [(one.name, one.unit, one.digits) for one in row.values]
    else:
        said = device_answers.statement(leaf)
        assert parse_json(answers.Statement, json.dumps(plain(said))) == said


# They have anchors, of which the schema says what all types of chain have in common.
LOOSE = (answers.Anchor, answers.LeafProof, answers.Status)


@cache
def judge_of(model: type) -> Any:
    schemas = Schemas("#/$defs/")
    schema = {**schema_of(model, schemas), "$defs": closed(schemas.found)}
    Judge.check_schema(schema)
    return Judge(schema)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_schema_takes_what_is_read_and_nothing_else(data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(API_MODELS))
    value = data.draw(valid(model) | changed(model))
    is_valid = judge_of(model).is_valid(value)
    assert is_valid == is_read(model, value) or (is_valid and model in LOOSE)


def is_read(model: type, value: object) -> bool:
    try:
        parse(model, value)
    except ModelError:
        return False
    return True

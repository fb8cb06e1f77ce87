"""Exporters: rows are exact, and one that a package brings is served as those that are built in."""

import http.client
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distributions import install
from guides import example
from sealmote.crypto import Signer
from sealmote.gateway.exports.rows import Reading, rows_of
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.store.leaves import Kind
from sealmote.plugins import EXPORTERS
from sealwire import message, senml
from sealwire.cose import leaf_hash
from sealwire.keys import ES256

NOW = 1_763_000_000
SIGNER = Signer.generate(ES256)
LINES = "application/jsonl"
PLUGIN = """
import json

from sealmote.gateway.exports import Encoder, Exporter


class Lines(Encoder):
    def begin(self):
        return b'"begin"\\n'

    def encode(self, readings, damaged):
        lines = [
            {"leaf": one.leaf, "device": one.device.hex(), "time": one.time,
             "values": [[value.name, value.unit, str(value.decimal)] for value in one.values]}
            for one in readings
        ]
        lines += [{"leaf": one.leaf, "damaged": one.what} for one in damaged]
        return "".join(json.dumps(line) + "\\n" for line in lines).encode()

    def end(self, after):
        return json.dumps({"after": after}).encode() + b"\\n"


class Failing(Lines):
    def encode(self, readings, damaged):
        if readings[0].leaf > 0:
            raise ValueError("no more of it")
        return super().encode(readings, damaged)


lines = Exporter("application/jsonl", Lines)
failing = Exporter("application/x-failing", Failing, charset=None)
wrong = Lines
"""


def row(*records: senml.Record) -> Reading:
    raw = message.seal(SIGNER, senml.Pack(NOW, list(records)), 1, 0, NOW)
    who, parsed = SIGNER.public.thumbprint(), message.parse(raw)
    leaf = Leaf(0, leaf_hash(raw), Kind.READING, raw, NOW, NOW + 60, who, 1, 0, parsed)
    (made,) = rows_of([leaf], {})
    return made


@given(st.integers(-(2**31), 2**31), st.integers(-9, 0))
def test_a_value_is_exactly_what_was_signed(mantissa: int, exponent: int) -> None:
    (value,) = row(senml.Record("t", "Cel", mantissa, exponent)).values
    assert value.decimal == Decimal(mantissa).scaleb(exponent)
    assert str(value.decimal.as_tuple().exponent) == str(exponent)


@pytest.fixture
def exporting(
    make_live: Callable[..., Any], directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A gateway beside a package with exporters, some of them of no use."""
    names = {"jsonl": "lines", "failing": "failing", "wrong": "wrong", "csv": "lines"}
    entries = {name: f"acme_lines:{value}" for name, value in names.items()}
    files = {"acme_lines.py": PLUGIN, "acme_jsonl.py": example("plugins.md", "import json")}
    entries["printed"] = "acme_jsonl:lines"
    site = install(tmp_path / "site", "acme-lines", files, {EXPORTERS: entries})
    monkeypatch.syspath_prepend(str(site))
    return make_live(directory)


@pytest.fixture
def board(exporting: Any, make_board: Any) -> Any:
    made = make_board()
    exporting.gateway.add_device(made.signer.public, unproven=True)
    return made


def lines_of(reply: Any) -> list[Any]:
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == f"{LINES}; charset=utf-8"
    return [json.loads(line) for line in reply.body.splitlines()]


def test_everything_is_sent_in_pieces_whatever_it_is_encoded_in(exporting: Any, board: Any) -> None:
    exporting.post(*(board.seal(number, value=-50 + number) for number in range(60)))
    begin, *rows, end = lines_of(exporting.get("/v1/readings?format=jsonl"))
    assert (begin, end) == ("begin", {"after": None})
    assert [one["leaf"] for one in rows] == list(range(60))
    assert {one["device"] for one in rows} == {board.name}
    assert rows[0]["values"] == [["temperature", "Cel", "-0.50"]]


def test_the_exporter_in_the_guide_exports(exporting: Any, board: Any) -> None:
    exporting.post(board.seal(0), board.seal(1, value=-7))
    first, second = lines_of(exporting.get("/v1/readings?format=printed"))
    assert (first, second) == (
        {"leaf": 0, "temperature": "21.50"}, {"leaf": 1, "temperature": "-0.07"},
    )  # fmt: skip


def test_a_page_has_a_beginning_an_end_and_a_cursor(exporting: Any, board: Any) -> None:
    exporting.post(*(board.seal(number) for number in range(60)))
    reply = exporting.get("/v1/readings?limit=30&after=9", Accept=f"{LINES}, text/csv;q=0.5")
    begin, *rows, end = lines_of(reply)
    assert (begin, end) == ("begin", {"after": 39})
    assert [one["leaf"] for one in rows] == list(range(10, 40))
    assert "after=39" in reply.headers["Link"]
    assert reply.headers["Vary"] == "Accept"


def test_no_reading_at_all_is_an_answer_too(exporting: Any) -> None:
    assert lines_of(exporting.get("/v1/readings", Accept=LINES)) == ["begin", {"after": None}]


def test_a_damaged_reading_is_named(exporting: Any, board: Any) -> None:
    exporting.post(board.seal(0), board.seal(1))
    with closing(sqlite3.connect(exporting.directory / "gateway.sqlite")) as database, database:
        database.execute("UPDATE leaves SET sequence = 9 WHERE number = 1")
    _, first, second, _ = lines_of(exporting.get("/v1/readings", Accept=LINES))
    assert (first["leaf"], second["leaf"]) == (0, 1)
    assert "damaged" in second


def test_an_encoder_that_fails_leaves_no_whole_answer(
    exporting: Any, board: Any, caplog: pytest.LogCaptureFixture
) -> None:
    exporting.post(*(board.seal(number) for number in range(30)))
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        exporting.get("/v1/readings?format=failing")
    assert "an export broke off: ValueError: no more of it" in caplog.text
    assert exporting.get("/v1/readings?format=failing&limit=30").status == 500
    assert exporting.get("/v1/readings?format=json").status == 200


def test_what_cannot_be_used_is_left_out_and_said(
    exporting: Any, caplog: pytest.LogCaptureFixture
) -> None:
    said = "\n".join(record.getMessage() for record in caplog.get_records("setup"))
    assert "'wrong' (sealmote.exporters) of acme-lines 1.0 cannot be used" in said
    assert "an exporter of acme-lines 1.0 is left out: csv is built in" in said
    refused = exporting.get("/v1/readings?format=wrong")
    assert (refused.status, refused.json["detail"]) == (
        400, "format=wrong is none of json, csv, failing, jsonl, printed",
    )  # fmt: skip
    assert exporting.get("/v1/readings?format=csv").body.startswith(b"leaf,device,")


def test_the_openapi_document_has_the_forms_that_there_are(exporting: Any) -> None:
    operation = exporting.get("/openapi.json").json["paths"]["/v1/readings"]["get"]
    content = operation["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/csv", LINES, "application/x-failing"}
    (form,) = [one for one in operation["parameters"] if one["name"] == "format"]
    assert form["schema"] == {"enum": ["json", "csv", "failing", "jsonl", "printed"]}
    refused = exporting.get("/v1/readings", Accept="image/png")
    assert refused.status == 406
    assert LINES in refused.json["detail"]

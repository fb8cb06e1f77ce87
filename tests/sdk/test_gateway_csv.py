"""The CSV export as a spreadsheet reads it: no cell starts a formula, wherever a cell is seen to start."""

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealmote.crypto import Signer
from sealmote.gateway.exports.csv_export import CSV
from sealmote.gateway.exports.rows import rows_of
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.store.leaves import Kind
from sealwire import message, senml
from sealwire.cose import leaf_hash
from sealwire.keys import ES256

NOW = 1_763_000_000
FORMULA = set("=+-@")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
SIGNER = Signer.generate(ES256)
DANGEROUS = st.text(
    st.sampled_from("=+-@;,|:'\" m1"), min_size=1, max_size=8
)  # as long as units are


def exported(*records: senml.Record) -> str:
    raw = message.seal(SIGNER, senml.Pack(NOW, list(records)), 1, 0, NOW)
    who, said = SIGNER.public.thumbprint(), message.parse(raw)
    leaf = Leaf(0, leaf_hash(raw), Kind.READING, raw, NOW, NOW + 60, who, 1, 0, said)
    return CSV.open().encode(rows_of([leaf], {}), []).decode()


def cells(text: str, separator: str, *, quotes: bool) -> list[str]:
    if quotes:
        return [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
    return re.split(rf"[\r\n{re.escape(separator)}]", text)


@given(DANGEROUS)
@example("m;=1+1")
@example('";=1;"')
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_starts_a_formula_whatever_separates_cells(separator: str, unit: str) -> None:
    text = exported(senml.Record("temperature", unit, -2150, -2))
    for quotes in (True, False):
        for cell in cells(text, separator, quotes=quotes):
            seen = cell.strip().strip('"\u200b\x00\x1f \t')
            assert not seen or seen[0] not in FORMULA or NUMBER.fullmatch(seen), cell


@pytest.mark.parametrize("unit", ["Cel", "%RH", "1/s", "m/s", "m-1", "a+b", "dB (A)", "x=y", "'"])
@pytest.mark.parametrize(("mantissa", "exponent", "value"), [(-5, 0, "-5"), (-2150, -2, "-21.50")])
def test_numbers_and_units_that_are_none_stay_as_they_are(
    unit: str, mantissa: int, exponent: int, value: str
) -> None:
    lines = csv.DictReader(
        io.StringIO(
            CSV.open().begin().decode() + exported(senml.Record("r", unit, mantissa, exponent))
        )
    )
    assert [(line["unit"], line["value"]) for line in lines] == [(unit, value)]


def test_what_is_served_is_what_is_tested_here(live: Any, board: Any) -> None:
    units = ["=1+1", "+1", "m;=1", "m;-1", " @A1", "%RH"]
    records = [senml.Record(f"r{number}", unit, -5) for number, unit in enumerate(units)]
    live.post(message.seal(board.signer, senml.Pack(NOW, records), 1, 0, NOW))
    body = live.get("/v1/readings?format=csv").body.decode()
    lines = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [line["unit"] for line in lines] == ["'=1+1", "'+1", "m;'=1", "m;'-1", " '@A1", "%RH"]
    (reading,) = live.get("/v1/readings").json["readings"]
    assert [record["unit"] for record in reading["records"]] == units

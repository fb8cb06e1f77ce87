"""Messages as JSON and CSV, with every decimal exact."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping

from sealmote.gateway.store.integrity import Damage, Leaf
from sealwire import message
from sealwire.senml import Pack

CSV_COLUMNS = (
    "leaf", "device", "boot", "sequence", "time", "derived_time", "received",
    "name", "unit", "value",
)  # fmt: skip


CSV_HEAD = ",".join(CSV_COLUMNS) + "\r\n"

# A character that begins a formula where a cell may begin, whatever a spreadsheet takes for a separator:
# where `;` is one, quotes within the line quote nothing (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = re.compile(r"""(^|[,;|\s'"])(?=[=+\-@])""")


def page_json(parts: Iterable[str], after: int | None, damaged: Iterable[Damage]) -> str:
    """Return a page of what `readings_json` made; `after` is the next page's cursor, None on the last."""
    page = ",\n".join(part for part in parts if part)
    rest = json.dumps({"damaged": [one._asdict() for one in damaged], "after": after})
    return f'{{"readings": [{page}], {rest[1:]}'


def readings_json(leaves: Iterable[Leaf], derived: Mapping[int, int]) -> str:
    """Return readings, with commas between; values are JSON numbers with the digits that were signed.

    `derived` has times by leaf number, for readings without one of their own.
    """
    return ",\n".join(_reading_json(leaf, derived.get(leaf.number)) for leaf in leaves)


def _reading_json(leaf: Leaf, derived: int | None) -> str:
    """Put the records in by hand: json.dumps knows no decimals, and floats would change them."""
    parsed = leaf.parsed()
    records = ", ".join(
        f'{{"name": {json.dumps(record.name)}, "unit": {json.dumps(record.unit)},'
        f' "value": {record.decimal()}}}'
        for record in _pack(parsed).records
    )
    times = {"time": parsed.header.iat, "derived_time": derived, "received": leaf.received}
    head = {**_identity(leaf), **times}
    tail = {"leaf_hash": leaf.hash.hex(), "message": leaf.raw.hex()}
    return f'{json.dumps(head)[:-1]}, "records": [{records}], {json.dumps(tail)[1:]}'


def readings_csv(leaves: Iterable[Leaf], derived: Mapping[int, int]) -> str:
    """Return a line (RFC 4180) for each record of each reading, to follow `CSV_HEAD`.

    An unset clock leaves time empty.
    What a spreadsheet would run as a formula in a unit has an apostrophe before it: units are whatever a
    device signs. Names begin with a letter or digit, and everything else is a number or in hex.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    for leaf in leaves:
        parsed = leaf.parsed()
        times = [parsed.header.iat, derived.get(leaf.number), leaf.received]
        who = [*_identity(leaf).values(), *times]
        lines.writerows(
            [*who, record.name, _no_formula(record.unit), record.decimal()]
            for record in _pack(parsed).records
        )
    return out.getvalue()


def damaged_csv(damaged: Iterable[Damage]) -> str:
    """Return a line for each leaf that is not served: its number, and the word damaged where a name is."""
    out = io.StringIO()
    lines = csv.DictWriter(out, CSV_COLUMNS)
    lines.writerows({"leaf": one.leaf, "name": "damaged"} for one in damaged)
    return out.getvalue()


def _no_formula(text: str | None) -> str | None:
    return None if text is None else _FORMULA.sub(r"\1'", text)


def _identity(leaf: Leaf) -> dict[str, object]:
    return {
        "leaf": leaf.number,
        "device": _hex(leaf.thumbprint),
        "boot": leaf.boot,
        "sequence": leaf.sequence,
    }


def _pack(parsed: message.Message) -> Pack:
    if not isinstance(parsed.content, Pack):
        raise TypeError("a statement among the readings")
    return parsed.content


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()

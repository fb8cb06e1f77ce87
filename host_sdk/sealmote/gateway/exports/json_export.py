"""JSON export: pages, every value a number with the digits that were signed."""

import json
from collections.abc import Sequence

from sealmote.gateway.exports.exporter import Encoder, Exporter
from sealmote.gateway.exports.rows import Reading
from sealmote.gateway.store.integrity import Damage


class _Page(Encoder):
    def __init__(self) -> None:
        self._is_first = True
        self._damaged: list[Damage] = []

    def begin(self) -> bytes:
        return b'{"readings": ['

    def encode(self, readings: Sequence[Reading], damaged: Sequence[Damage]) -> bytes:
        self._damaged += damaged
        if not readings:
            return b""
        comma, self._is_first = "" if self._is_first else ",\n", False
        return (comma + ",\n".join(map(reading_json, readings))).encode()

    def end(self, after: int | None) -> bytes:
        rest = json.dumps({"damaged": [one._asdict() for one in self._damaged], "after": after})
        return f"], {rest[1:]}".encode()


def reading_json(row: Reading) -> str:
    """Return a reading as a JSON object.

    Its values are put in by hand: json.dumps knows no decimals, and floats would change them.
    """
    records = ", ".join(
        f'{{"name": {json.dumps(one.name)}, "unit": {json.dumps(one.unit)}, "value": {one.digits}}}'
        for one in row.values
    )
    head = {
        "leaf": row.leaf,
        "device": row.device.hex(),
        "boot": row.boot,
        "sequence": row.sequence,
        "time": row.time,
        "derived_time": row.derived_time,
        "received": row.received,
    }
    tail = {"leaf_hash": row.leaf_hash.hex(), "message": row.message.hex()}
    return f'{json.dumps(head)[:-1]}, "records": [{records}], {json.dumps(tail)[1:]}'


JSON = Exporter("application/json", _Page, is_endless=False)

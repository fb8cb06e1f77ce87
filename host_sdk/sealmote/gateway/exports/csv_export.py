"""CSV export (RFC 4180): a line for each value of each reading, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Sequence

from sealmote.gateway.exports.exporter import Encoder, Exporter
from sealmote.gateway.exports.rows import Reading
from sealmote.gateway.store.integrity import Damage

COLUMNS = (
    "leaf", "device", "boot", "sequence", "time", "derived_time", "received",
    "name", "unit", "value",
)  # fmt: skip

# A character that begins a formula where a cell may begin, whatever a spreadsheet takes for a separator:
# where `;` is one, quotes within the line quote nothing (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = re.compile(r"""(^|[,;|\s'"])(?=[=+\-@])""")


class _Lines(Encoder):
    """A time that is not known is empty; a damaged leaf has its number, and the word damaged for a name.

    What a spreadsheet would run as a formula in a unit has an apostrophe before it: units are whatever a
    device signs. Names begin with a letter or digit, and everything else is a number or in hex.
    """

    def begin(self) -> bytes:
        return (",".join(COLUMNS) + "\r\n").encode()

    def encode(self, readings: Sequence[Reading], damaged: Sequence[Damage]) -> bytes:
        out = io.StringIO()
        lines = csv.writer(out)
        for row in readings:
            who = (row.leaf, row.device.hex(), row.boot, row.sequence)
            times = (row.time, row.derived_time, row.received)
            lines.writerows(
                (*who, *times, one.name, _no_formula(one.unit), one.digits) for one in row.values
            )
        named = csv.DictWriter(out, COLUMNS)
        named.writerows({"leaf": one.leaf, "name": "damaged"} for one in damaged)
        return out.getvalue().encode()


def _no_formula(text: str | None) -> str | None:
    return None if text is None else _FORMULA.sub(r"\1'", text)


CSV = Exporter("text/csv", _Lines)

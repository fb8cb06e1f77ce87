"""Messages as JSON and CSV, with every decimal exact."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping

from sealmote import causes, counters
from sealmote.gateway.reports.accounting import BootAccount
from sealmote.gateway.store.challenges import Challenge
from sealmote.gateway.store.devices import Device
from sealmote.gateway.store.integrity import Damage, Leaf
from sealwire import message
from sealwire.senml import Pack
from sealwire.statement import CLOCK_SOURCES, RESET_CAUSES, SIGNERS, Statement

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


def statement(leaf: Leaf) -> dict[str, object]:
    """Return a statement with its claims by name; byte strings in hex."""
    parsed = leaf.parsed()
    said = parsed.content
    if not isinstance(said, Statement):
        raise TypeError(f"leaf {leaf.number} is no statement")
    account = said.account
    return {
        **_identity(leaf),
        "time": parsed.header.iat,
        "received": leaf.received,
        "mac": said.mac.hex(":"),
        "hwmodel": said.hwmodel.decode("latin-1"),
        "uptime": said.uptime,
        "bootcount": said.bootcount,
        "firmware": f"{said.swname} {said.swversion}",
        "reset_cause": RESET_CAUSES[account.reset_cause],
        "clock_source": CLOCK_SOURCES[account.clock_source],
        "clock_uncertainty_ms": account.clock_uncertainty_ms,
        "previous_last": account.previous_last,
        "acknowledged_to": account.acknowledged_to,
        "dropped": [span[:3] for span in account.dropped],
        "drops": [
            {"boot": boot, "first": first, "last": last, **causes.named(cause, refusal)}
            for boot, first, last, cause, refusal in account.dropped
        ],
        "last_ack": _hex(account.last_ack),
        "counters": counters.named(account.counters),
        "signer": None if account.signer is None else SIGNERS[account.signer],
        "memory": account.memory and {"free": account.memory[0], "largest": account.memory[1]},
        "nonce": _hex(said.nonce),
        "message": leaf.raw.hex(),
    }


def boot(account: BootAccount) -> dict[str, object]:
    """Return the account of one boot: [first, last] for each range of sequence numbers, by its class."""
    drops = [
        {"first": one.first, "last": one.last, **causes.named(one.cause, one.refusal)}
        for one in account.drops
    ]
    return {**account._asdict(), "drops": drops, "closed": account.closed}


def challenge(one: Challenge, answer: Leaf | None) -> dict[str, object]:
    """Return a challenge; `answer` is the leaf that answered it, None while it is open."""
    return {
        "nonce": one.nonce.hex(),
        "asked": one.asked,
        "given": one.given,
        "answer": None if answer is None else statement(answer),
    }


def device(row: Device) -> dict[str, object]:
    """Return a device's registration; byte strings in hex, times in Unix seconds."""
    return {
        "device": row.thumbprint.hex(),
        "key": row.key.hex(),
        "owner": "0x" + row.owner.hex() if row.owner else None,
        "registration": _hex(row.registration),
        "added": row.added,
        "revoked": row.revoked,
    }


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

"""What every implementation must accept, and the fields that it must find."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.vectorkit.answers import believed
from tools.vectorkit.given import (
    BOARD,
    GATEWAY,
    KEYS,
    NOW,
    ORIGIN,
    READING,
    Case,
    H,
    T,
    challenge,
    full_statement,
    outcomes,
    sealed,
    small_statement,
    terms,
)

from sealwire import ack, cose, evidence, message, registration
from sealwire.senml import Pack, Record
from sealwire.statement import FIRST_FORMAT, RANGE_PARTS, Statement

if TYPE_CHECKING:
    from sealwire.statement import Range


def accepted() -> Iterator[Case]:
    """Yield every must-accept case."""
    for key in ("board", "board-k"):
        yield _reading(f"reading of three, {key}", key, READING)
    yield _reading("pressure above 65535", "board-k", Pack(NOW, [T, H, Record("p", "Pa", 101325)]))
    yield _reading("below zero, trailing zero", "board", Pack(NOW, [Record("t", "Cel", -50, -2)]))
    yield _reading("clock unset", "board", Pack(None, [T, Record("uptime", "s", 12)]), iat=None)
    yield _reading("no unit", "board", Pack(NOW, [Record("count", None, 0)]))
    yield _reading("largest numbers", "board", _largest(), 2**32 - 1, 2**32 - 1, 2**40 - 1)
    yield _statement("first statement of a boot", small_statement(), None)
    yield _statement("statement with everything", full_statement(), NOW)
    yield _statement("first statement, version 1", small_statement(FIRST_FORMAT), None)
    yield _statement("statement with everything, version 1", full_statement(FIRST_FORMAT), NOW)
    yield _acknowledgement("each of the four outcomes", None)
    yield _acknowledgement("a challenge", challenge())
    for name, answer in believed():
        yield {**_told(name, answer.acknowledgement), "asked": answer.asked()}
    for key in ("board", "board-k"):
        yield _registration(key)
    first, second = sealed(READING), sealed(Pack(NOW, [T]))
    pair = {"first": first.hex(), "second": second.hex()}
    yield _case(
        "two readings under one number", "evidence", evidence.seal(GATEWAY, first, second), pair
    )
    for name in ("board", "board-k"):
        public = KEYS[name].public
        fields = {"alg": public.alg, "x": public.x.hex(), "y": public.y.hex()}
        fields["thumbprint"] = public.thumbprint().hex()
        yield {"name": f"key {name}", "kind": "key", "bytes": public.cose().hex(), "fields": fields}


def _largest() -> Pack:
    most = 2**63 - 1
    return Pack(2**40 - 1, [Record("n" * 24, "u" * 8, most, -9), Record("m", None, -most)])


def _case(name: str, kind: str, data: bytes, fields: Case, key: str = "gateway") -> Case:
    leaf = cose.leaf_hash(data).hex()
    return {
        "name": name,
        "kind": kind,
        "bytes": data.hex(),
        "key": key,
        "leaf": leaf,
        "fields": fields,
    }


def _numbered(key: str, content_type: int, boot: int, sequence: int, iat: int | None) -> Case:
    public = KEYS[key].public
    kid = public.kid().hex()
    numbers = {"boot": boot, "sequence": sequence, "iat": iat}
    return {"alg": public.alg, "content_type": content_type, "kid": kid, **numbers}


def _reading(
    name: str, key: str, pack: Pack, boot: int = 3, sequence: int = 17, iat: int | None = NOW
) -> Case:
    fields = _numbered(key, 112, boot, sequence, iat)
    fields["base_time"] = pack.base_time
    fields["records"] = [
        {"name": r.name, "unit": r.unit, "mantissa": r.mantissa, "exponent": r.exponent}
        for r in pack.records
    ]
    data = message.seal(KEYS[key], pack, boot, sequence, iat)
    return _case(name, "message", data, fields, key)


def _statement(name: str, statement: Statement, iat: int | None) -> Case:
    account = statement.account
    fields = _numbered("board", statement.content_format, 3, 0, iat)
    for claim in ("mac", "hwmodel", "nonce"):
        value = getattr(statement, claim)
        fields[claim] = None if value is None else value.hex()
    for claim in ("uptime", "bootcount", "swname", "swversion"):
        fields[claim] = getattr(statement, claim)
    for claim in ("reset_cause", "clock_source", "clock_uncertainty_ms", "signer"):
        fields[claim] = getattr(account, claim)
    for claim in ("previous_last", "acknowledged_to", "counters", "memory"):
        value = getattr(account, claim)
        fields[claim] = value and list(value)
    parts = RANGE_PARTS[statement.content_format]
    fields["dropped"] = [_run(run, parts) for run in account.dropped]
    fields["last_ack"] = account.last_ack and account.last_ack.hex()
    return _case(name, "message", message.seal(BOARD, statement, 3, 0, iat), fields, "board")


def _run(run: "Range", parts: int) -> list[int | str | None]:
    """Return a run as it is on the wire, a hash in hex."""
    boot, first, last, cause, refusal = run
    if parts == len((boot, first, last)):
        return [boot, first, last]
    return [boot, first, last, cause, *([refusal.hex()] if refusal else [])]


def _acknowledgement(name: str, asked: tuple[bytes, bytes] | None) -> Case:
    return _told(name, ack.Acknowledgement(ORIGIN, NOW, NOW + 60, outcomes(), asked))


def _told(name: str, given: ack.Acknowledgement) -> Case:
    asked = given.challenge
    items = [[p.hex() if isinstance(p, bytes) else p for p in o.item()] for o in given.outcomes]
    fields: Case = {"origin": ORIGIN, "issued": given.issued, "log_by": given.log_by}
    fields["outcomes"] = items
    fields["challenge"] = asked and [part.hex() for part in asked]
    return _case(name, "acknowledgement", ack.seal(GATEWAY, given), fields)


def _registration(key: str) -> Case:
    consent = terms()
    fields = {"chain_id": str(consent.chain_id), "contract": consent.contract.hex()}
    fields |= {
        "owner": consent.owner.hex(),
        "nonce": str(consent.nonce),
        "deadline": str(consent.deadline),
    }
    data = registration.seal(KEYS[key], consent)
    return _case(f"registration of {key}", "registration", data, fields, key)

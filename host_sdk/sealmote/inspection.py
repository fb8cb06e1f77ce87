"""Decode any Sealmote message to labelled fields, and check its signature.

>>> from sealmote.inspection import inspect
>>> for label, value in inspect(message, key).fields: print(label, value)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealmote import crypto
from sealmote.common import counters, drop_causes
from sealmote.common.timestamps import moment
from sealmote.log import explain
from sealmote.log.errors import LogError
from sealwire import ack, cbor, cose, envelope, evidence, message, registration, senml, statement
from sealwire.errors import CODE_NAMES, UNSUPPORTED_CONTENT, WireError
from sealwire.header import CONTENT_TYPE
from sealwire.keys import ALGORITHM_NAMES, PublicKey

Field = tuple[str, str]

_LIMIT = max(ack.MAX_ACK, evidence.MAX_EVIDENCE)
_LOG_OPENING = "application/vnd.sealmote.log+cbor"

_SIGNS = (
    "in native code",
    "in plain Python, 13 to 17 times slower: its native code did not load in this boot",
)
_RESULT_NAMES = {
    ack.ACCEPTED: "accepted",
    ack.DUPLICATE: "duplicate",
    ack.RETRY: "retry",
    ack.REFUSED: "refused for good",
}


@dataclass(frozen=True)
class Inspection:
    """What a message is and says.

    ``signed`` is True or False where a key was given, None where none was. ``problem`` names what is
    wrong, and is None for a message that parses whole and, with a key, is signed by it.
    """

    kind: str
    fields: tuple[Field, ...]
    signed: bool | None
    problem: str | None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong as far as it was checked."""
        return self.problem is None


def inspect(data: bytes, key: PublicKey | None = None) -> Inspection:
    """Decode a message and, where a key is given, check its signature. Never raises on ``data``."""
    try:
        kind, fields = _describe(data)
    except (WireError, LogError) as error:
        return Inspection("not a Sealmote message", (), None, f"{error}{_what_it_is(data)}")
    if key is None:
        return Inspection(kind, tuple(fields), None, None)
    problem = _signature_problem(data, key)
    return Inspection(kind, tuple(fields), problem is None, problem)


def _what_it_is(data: bytes) -> str:
    """Say what to do with a file that is no message, but one of Sealmote's."""
    if data.lstrip().startswith(b"{"):
        return "; it may be JSON: proofs are for `sealmote verify`"
    try:
        PublicKey.parse(data)
    except WireError:
        return ""
    return "; it is a public key: name it with --key, beside what it signed"


def _describe(data: bytes) -> tuple[str, list[Field]]:
    by_a_log = explain.describe(data)
    if by_a_log is not None:
        return by_a_log
    sign1 = cose.parse(data, _LIMIT)
    if isinstance(_content_type(sign1), str):
        alg, media_type = envelope.parse_header(sign1.protected)
        if media_type not in _ENVELOPES:
            raise WireError(
                UNSUPPORTED_CONTENT, f"the content type {media_type!r} is not one of ours"
            )
        kind, describe = _ENVELOPES[media_type]
        return kind, [("algorithm", ALGORITHM_NAMES[alg]), *describe(sign1.payload)]
    parsed = message.parse(data)
    if isinstance(parsed.content, senml.Pack):
        return "a sealed reading", [*_header_fields(parsed), *_pack_fields(parsed.content)]
    version = "" if parsed.header.content_type == statement.CONTENT_FORMAT else ", version 1"
    return "a board's statement" + version, [
        *_header_fields(parsed),
        *_statement_fields(parsed.content),
    ]


def _content_type(sign1: cose.Sign1) -> object:
    header = cbor.decode(sign1.protected)
    return header.get(CONTENT_TYPE) if isinstance(header, dict) else None


def _signature_problem(data: bytes, key: PublicKey) -> str | None:
    if explain.describe(data) is not None:
        return explain.problem(data, key)
    sign1 = cose.parse(data, _LIMIT)
    if isinstance(_content_type(sign1), str):
        alg, _ = envelope.parse_header(sign1.protected)
    else:
        header = message.parse(data).header
        alg = header.alg
        if header.kid != key.kid():
            return f"the message is by the key {header.kid.hex()}…, not by {key.kid().hex()}…"
    if alg != key.alg:
        return f"the message names another algorithm than the key's {ALGORITHM_NAMES[key.alg]}"
    if not crypto.verify(key, sign1.sig_structure(), sign1.signature):
        return "the signature is not by this key over these bytes"
    return None


def _header_fields(parsed: message.Message) -> Iterator[Field]:
    header = parsed.header
    yield "algorithm", ALGORITHM_NAMES[header.alg]
    yield "key id", header.kid.hex()
    yield "number", f"boot {header.boot}, sequence {header.sequence}"
    yield "sealed", "while the clock was unset" if header.iat is None else moment(header.iat)
    yield "leaf hash", cose.leaf_hash(parsed.raw).hex()
    yield "size", f"{len(parsed.raw)} bytes"


def _pack_fields(pack: senml.Pack) -> Iterator[Field]:
    if pack.base_time is not None:
        yield "measured", moment(pack.base_time)
    for record in pack.records:
        yield record.name, f"{record.decimal()} {record.unit or ''}".rstrip()


def _statement_fields(told: statement.Statement) -> Iterator[Field]:
    account = told.account
    yield "MAC", told.mac.hex(":")
    yield "hardware", _shown(told.hwmodel)
    yield "firmware", f"{told.swname} {told.swversion}"
    yield "uptime", f"{told.uptime} s"
    yield "boots", str(told.bootcount)
    yield "last reset", statement.RESET_CAUSES[account.reset_cause]
    yield "clock", statement.CLOCK_SOURCES[account.clock_source]
    if account.clock_uncertainty_ms is not None:
        yield "clock uncertainty", f"{account.clock_uncertainty_ms} ms"
    if account.previous_last is not None:
        boot, sequence = account.previous_last
        yield "last kept before this boot", f"boot {boot}, sequence {sequence}"
    if account.acknowledged_to is not None:
        boot, sequence = account.acknowledged_to
        yield "acknowledged up to", f"boot {boot}, sequence {sequence}"
    for boot, first, last, cause, refusal in account.dropped:
        why = drop_causes.explain(cause, refusal)
        yield "dropped", f"boot {boot}, sequence {first} to {last}: {why}"
    if account.last_ack is not None:
        yield "last acknowledgement", account.last_ack.hex()
    if account.counters is not None:
        yield from counters.explain(account.counters)
    if account.signer is not None:
        yield "signs", _SIGNS[account.signer]
    if account.memory is not None:
        free, largest = account.memory
        yield "system memory", f"{free} bytes free, {largest} in one piece"
    if told.nonce is not None:
        yield "answers the challenge", told.nonce.hex()


def _shown(name: bytes) -> str:
    """Return a name that may be any bytes, with what a terminal would obey written out."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _ack_fields(payload: bytes) -> Iterator[Field]:
    told = ack.Acknowledgement.parse(payload)
    yield "log", told.origin
    yield "issued", moment(told.issued)
    yield "in the log by", moment(told.log_by)
    for outcome in told.outcomes:
        code = "" if outcome.code is None else f" ({CODE_NAMES[outcome.code]})"
        yield outcome.leaf.hex(), _RESULT_NAMES[outcome.result] + code
    if told.challenge is not None:
        kid, nonce = told.challenge
        yield "challenges the key", kid.hex()
        yield "to answer the nonce", nonce.hex()


def _registration_fields(payload: bytes) -> Iterator[Field]:
    terms = registration.Terms.parse(payload)
    yield "chain", str(terms.chain_id)
    yield "registry", "0x" + terms.contract.hex()
    yield "owner", "0x" + terms.owner.hex()
    yield "nonce", str(terms.nonce)
    yield "deadline", moment(terms.deadline)


def _opening_fields(payload: bytes) -> Iterator[Field]:
    terms = registration.Terms.parse(payload)
    yield "chain", str(terms.chain_id)
    yield "contract", "0x" + terms.contract.hex()
    yield "operator", "0x" + terms.owner.hex()
    yield "SHA-256 of the origin", terms.nonce.to_bytes(32, "big").hex()
    yield "deadline", moment(terms.deadline)


def _evidence_fields(payload: bytes) -> Iterator[Field]:
    for which, raw in zip(("first", "second"), evidence.parse_pair(payload), strict=True):
        header = message.parse(raw).header
        yield f"{which} message", raw.hex()
        yield f"{which} number", f"boot {header.boot}, sequence {header.sequence}"
    yield (
        "to believe it",
        "inspect both messages with the device's key: the gateway's covers the pair",
    )


_ENVELOPES: dict[str, tuple[str, Callable[[bytes], Iterator[Field]]]] = {
    ack.MEDIA_TYPE: ("a gateway's acknowledgement", _ack_fields),
    registration.MEDIA_TYPE: ("a key's registration", _registration_fields),
    _LOG_OPENING: ("a log's opening on a chain", _opening_fields),
    evidence.MEDIA_TYPE: ("evidence of two messages under one number", _evidence_fields),
}

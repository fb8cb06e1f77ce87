"""What every implementation must refuse, and with which code."""

from collections.abc import Iterator
from hashlib import sha256

from tools.vectorkit.answers import unbelieved
from tools.vectorkit.given import (
    BOARD,
    GATEWAY,
    NOW,
    ORIGIN,
    OTHER,
    READING,
    Case,
    H,
    P,
    full_statement,
    outcomes,
    sealed,
    terms,
)
from tools.vectorkit.reencoding import high_s, inner_reencodings, reencodings

from sealwire import (
    ack,
    cbor,
    cose,
    envelope,
    evidence,
    message,
    registration,
    senml_codec,
    statement_claims,
)
from sealwire.errors import (
    BAD_SIGNATURE,
    CODE_NAMES,
    MALFORMED,
    TOO_LARGE,
    UNKNOWN_DEVICE,
    UNSUPPORTED_CONTENT,
    WRONG_ALGORITHM,
)
from sealwire.senml import Pack, Record
from sealwire.statement import CONTENT_FORMAT, FIRST_FORMAT

Labelled = dict[int | str, object]


def refused() -> Iterator[Case]:
    """Yield every must-refuse case."""
    for key in ("board", "board-k"):
        raw = sealed(READING, key)
        for name, data in reencodings(raw):
            yield {**_refusal(f"{name}, {key}", data, MALFORMED, key), "reencoding": True}
        yield {
            **_refusal(f"high s, {key}", high_s(raw, key), BAD_SIGNATURE, key),
            "reencoding": True,
        }
    for name, protected, payload in inner_reencodings():
        data = cose.sign(BOARD, protected, payload).encode()
        yield {**_refusal(name, data, MALFORMED), "reencoding": True}
    yield from _forgeries()
    for name, code, header, payload in _wrong_fields():
        data = cose.sign(BOARD, cbor.encode(header), payload).encode()
        yield _refusal(name, data, code)
    yield from _wrong_others()
    yield from _wrong_keys()


def _refusal(name: str, data: bytes, code: int, key: str = "board", kind: str = "message") -> Case:
    case = {"name": name, "kind": kind, "bytes": data.hex(), "code": code, "why": CODE_NAMES[code]}
    return case if kind == "key" else {**case, "key": key}


def _forgeries() -> Iterator[Case]:
    raw = sealed(READING)
    yield _refusal("another device's message", sealed(READING, "other"), UNKNOWN_DEVICE)
    yield _refusal("last byte of the signature", raw[:-1] + bytes([raw[-1] ^ 1]), BAD_SIGNATURE)
    yield _refusal("signature of zeros", raw[:-64] + bytes(64), BAD_SIGNATURE)
    yield _refusal("r and s exchanged", raw[:-64] + raw[-32:] + raw[-64:-32], BAD_SIGNATURE)
    good = cose.parse(raw, 1024)
    forged = cose.sign(OTHER, good.protected, good.payload).encode()
    yield _refusal("signed by another key", forged, BAD_SIGNATURE)
    warmer = senml_codec.encode(Pack(NOW, [Record("t", "Cel", 2151, -2), H, P]))
    changed = cose.Sign1(good.protected, warmer, good.signature).encode()
    yield _refusal("value changed by one hundredth", changed, BAD_SIGNATURE)
    yield _refusal("too large", raw[:2] + bytes(1023), TOO_LARGE)
    yield _refusal("nothing", b"", MALFORMED)
    yield _refusal("cut short", raw[:-1], MALFORMED)


def _wrong_fields() -> Iterator[tuple[str, int, Labelled, bytes]]:
    """Yield (name, code, header, payload) that the board's own key signs."""
    header: Labelled = {1: -7, 3: 112, 4: BOARD.public.kid(), 15: {6: NOW, 7: bytes(8)}}
    good = senml_codec.encode(READING)
    wrong: tuple[tuple[str, int, Labelled], ...] = (
        ("EdDSA", WRONG_ALGORITHM, {1: -8}),
        ("ESP256, another name of ES256", WRONG_ALGORITHM, {1: -9}),
        ("ES256K under a P-256 key", WRONG_ALGORITHM, {1: -47}),
        ("SenML in JSON", UNSUPPORTED_CONTENT, {3: 110}),
        ("a reading named a statement", MALFORMED, {3: CONTENT_FORMAT}),
        ("a reading named a statement of version 1", MALFORMED, {3: FIRST_FORMAT}),
        ("EAT in JSON", UNSUPPORTED_CONTENT, {3: 268}),
        ("critical header", MALFORMED, {2: [1]}),
        ("unknown header", MALFORMED, {"note": 1}),
        ("kid of 7 bytes", MALFORMED, {4: bytes(7)}),
        ("kid of another key", UNKNOWN_DEVICE, {4: bytes(8)}),
        ("no cti", MALFORMED, {15: {6: NOW}}),
        ("cti of 7 bytes", MALFORMED, {15: {6: NOW, 7: bytes(7)}}),
        ("claim beyond iat and cti", MALFORMED, {15: {4: NOW, 6: NOW, 7: bytes(8)}}),
        ("iat in this minute's seconds", MALFORMED, {15: {6: 59, 7: bytes(8)}}),
        ("base time without iat", MALFORMED, {15: {7: bytes(8)}}),
    )
    for name, code, changes in wrong:
        yield name, code, {**header, **changes}, good
    for name, items in _wrong_packs():
        yield name, MALFORMED, header, cbor.encode(items)
    for name, claims in _wrong_statements(CONTENT_FORMAT, _WRONG_ACCOUNTS):
        yield name, MALFORMED, {**header, 3: CONTENT_FORMAT}, cbor.encode(claims)
    for name, claims in _wrong_statements(FIRST_FORMAT, _WRONG_ACCOUNTS_1):
        yield name + ", version 1", MALFORMED, {**header, 3: FIRST_FORMAT}, cbor.encode(claims)
    yield (
        "float value",
        MALFORMED,
        header,
        cbor.encode([{-3: NOW, 0: "t", 2: 0}])[:-1] + b"\xf9\x4d\x60",
    )


def _wrong_packs() -> Iterator[tuple[str, object]]:
    first = {-3: NOW, 0: "t", 1: "Cel", 2: 21}
    yield "no records", []
    yield "no value", [{-3: NOW, 0: "t"}]
    yield "text value", [{-3: NOW, 0: "t", 3: "warm"}]
    yield "bool value", [{-3: NOW, 0: "t", 2: True}]
    yield "exponent 0", [{**first, 2: cbor.Tag(4, [0, 21])}]
    yield "exponent -10", [{**first, 2: cbor.Tag(4, [-10, 21])}]
    yield "positive exponent", [{**first, 2: cbor.Tag(4, [1, 2])}]
    yield "relative time", [{**first, -3: 2**28 - 1}]
    yield "time of its own", [{**first, 6: 1}]
    yield "base time in the second record", [{0: "uptime", 1: "s", 2: 1}, first]
    yield "base name", [{**first, -2: "urn:dev:mac:240ac4123456"}]
    yield "name twice", [first, {0: "t", 2: 22}]
    yield "name with a blank", [{**first, 0: "a b"}]
    yield "name of 25 characters", [{**first, 0: "n" * 25}]
    yield "unit outside ASCII", [{**first, 1: "\xb0C"}]
    yield "17 records", [first, *({0: f"r{number}", 2: 0} for number in range(16))]
    yield "uptime in milliseconds", [first, {0: "uptime", 1: "ms", 2: 12}]


_HASH = sha256(b"refusal").digest()
_WRONG_ACCOUNTS: tuple[tuple[str, Labelled], ...] = (
    ("a run that ends before it begins", {6: [[1, 5, 4, 0]]}),
    ("a run without its cause", {6: [[1, 5, 5]]}),
    ("a cause that there is not", {6: [[1, 5, 5, -4]]}),
    ("a code that there is not", {6: [[1, 5, 5, 10, _HASH]]}),
    ("a cause that is null", {6: [[1, 5, 5, None]]}),
    ("want of room by an acknowledgement", {6: [[1, 5, 5, 0, _HASH]]}),
    ("a refusal's hash of 31 bytes", {6: [[1, 5, 5, 5, _HASH[1:]]]}),
    ("a refusal's hash that is null", {6: [[1, 5, 5, 5, None]]}),
    ("a run of six", {6: [[1, 5, 5, 5, _HASH, 0]]}),
    ("an unknown signer", {9: 2}),
    ("a signer that is null", {9: None}),
    ("memory without its largest block", {10: [71_280]}),
    ("a block larger than all that is free", {10: [71_280, 71_281]}),
)
_WRONG_ACCOUNTS_1: tuple[tuple[str, Labelled], ...] = (
    ("a run that ends before it begins", {6: [[1, 5, 4]]}),
    ("a run with its cause", {6: [[1, 5, 5, 0]]}),
    ("a signer", {9: 0}),
    ("memory", {10: [71_280, 40_960]}),
)


def _wrong_statements(
    content_format: int, wrong_accounts: tuple[tuple[str, Labelled], ...]
) -> Iterator[tuple[str, object]]:
    claims = cbor.decode(statement_claims.encode(full_statement(content_format)))
    assert isinstance(claims, dict)
    account = claims[-70000]
    assert isinstance(account, dict)
    yield "nonce of 7 bytes", {**claims, 10: bytes(7)}
    wrong: tuple[tuple[str, Labelled], ...] = (
        ("previous last without its boot", {4: 900}),
        *wrong_accounts,
        ("nothing dropped, as an empty list", {6: []}),
        ("five counters", {8: [0] * 5}),
        ("a negative counter", {8: [0] * 5 + [-1]}),
        ("an unknown account", {11: 0}),
    )
    for name, changes in wrong:
        yield name, {**claims, -70000: {**account, **changes}}


def _wrong_others() -> Iterator[Case]:
    acknowledgement = ack.Acknowledgement("sealmote.example/other", NOW, NOW, outcomes())
    data = ack.seal(GATEWAY, acknowledgement)
    yield _refusal("acknowledgement of another log", data, MALFORMED, "gateway", "acknowledgement")
    data = ack.seal(OTHER, ack.Acknowledgement(ORIGIN, NOW, NOW, outcomes()))
    yield _refusal(
        "acknowledgement by another key", data, BAD_SIGNATURE, "gateway", "acknowledgement"
    )
    yield from _wrong_challenges()
    for name, answer in unbelieved():
        data = ack.seal(GATEWAY, answer.acknowledgement)
        case = _refusal(name, data, MALFORMED, "gateway", "acknowledgement")
        yield {**case, "asked": answer.asked()}
    payload = terms().encode()
    data = envelope.seal(GATEWAY, ack.MEDIA_TYPE, payload)
    yield _refusal("terms as an acknowledgement", data, MALFORMED, "gateway", "acknowledgement")
    data = envelope.seal(BOARD, ack.MEDIA_TYPE, payload)
    yield _refusal(
        "registration of another type", data, UNSUPPORTED_CONTENT, "board", "registration"
    )
    data = registration.seal(OTHER, terms())
    yield _refusal("registration by another key", data, BAD_SIGNATURE, "board", "registration")
    short = cbor.encode([bytes(31), bytes(20), bytes(20), bytes(32), bytes(8)])
    data = envelope.seal(BOARD, registration.MEDIA_TYPE, short)
    yield _refusal("chain id of 31 bytes", data, MALFORMED, "board", "registration")
    first = sealed(READING)
    other = message.seal(BOARD, READING, 3, 18, NOW)
    for name, second in (("two numbers", other), ("one message twice", first)):
        data = envelope.seal(GATEWAY, evidence.MEDIA_TYPE, cbor.encode([first, second]))
        yield _refusal(f"evidence of {name}", data, MALFORMED, "gateway", "evidence")


def _wrong_challenges() -> Iterator[Case]:
    for name, challenge in (
        ("challenge without a kid", [bytes(8)]),
        ("challenge of 7 bytes", [bytes(8), bytes(7)]),
        ("challenge of 65 bytes", [bytes(8), bytes(65)]),
        ("null for a challenge", None),
    ):
        fields = {1: ORIGIN, 2: NOW, 3: NOW, 4: [o.item() for o in outcomes()], 5: challenge}
        data = envelope.seal(GATEWAY, ack.MEDIA_TYPE, cbor.encode(fields))
        yield _refusal(name, data, MALFORMED, "gateway", "acknowledgement")


def _wrong_keys() -> Iterator[Case]:
    fields = cbor.decode(BOARD.public.cose())
    assert isinstance(fields, dict)
    x, y = BOARD.public.x, BOARD.public.y
    for name, changes in (
        ("point off the curve", {-3: y[:-1] + bytes([y[-1] ^ 1])}),
        ("point 0, 0", {-2: bytes(32), -3: bytes(32)}),
        ("secp256k1's number over a P-256 point", {-1: 8}),
        ("secp256k1's number and algorithm over a P-256 point", {-1: 8, 3: -47}),
        ("curve true", {-1: True}),
        ("x of 31 bytes", {-2: x[1:]}),
        ("y as a sign", {-3: True}),
        ("another key's kid", {2: bytes(8)}),
        ("with a secret", {-4: bytes(32)}),
    ):
        yield _refusal(name, cbor.encode({**fields, **changes}), MALFORMED, kind="key")
    without_kid = {label: value for label, value in fields.items() if label != 2}
    yield _refusal("no kid", cbor.encode(without_kid), MALFORMED, kind="key")

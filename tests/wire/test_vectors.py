"""The vectors that other implementations are held to, held against this one."""

from expect import code_of, vectors

from sealwire import ack, ack_parser, ack_plausibility, cose, evidence, message, registration
from sealwire.errors import UNKNOWN_DEVICE, WRONG_ALGORITHM, WireError
from sealwire.keys import PublicKey
from sealwire.senml import Pack


def text(value):
    return value.hex() if isinstance(value, bytes) else value


def open_message(data, key, *_):
    parsed = message.parse(data)
    header = parsed.header
    if header.kid != key.kid():
        raise WireError(UNKNOWN_DEVICE, "another key's hint")
    if header.alg != key.alg:
        raise WireError(WRONG_ALGORITHM, "another algorithm")
    parsed.sign1.check(key)
    names = ("alg", "content_type", "kid", "boot", "sequence", "iat")
    fields = {name: text(getattr(header, name)) for name in names}
    content = parsed.content
    fields.update(reading(content) if isinstance(content, Pack) else statement(content))
    return fields


def reading(pack):
    names = ("name", "unit", "mantissa", "exponent")
    records = [{name: getattr(record, name) for name in names} for record in pack.records]
    return {"base_time": pack.base_time, "records": records}


def statement(given):
    names = ("mac", "hwmodel", "nonce", "uptime", "bootcount", "swname", "swversion")
    fields = {name: text(getattr(given, name)) for name in names}
    account = given.account
    for name in (
        "reset_cause",
        "clock_source",
        "clock_uncertainty_ms",
        "last_ack",
        "signer",
    ):
        fields[name] = text(getattr(account, name))
    for name in ("previous_last", "acknowledged_to", "counters", "memory"):
        value = getattr(account, name)
        fields[name] = value and list(value)
    fields["dropped"] = [
        [text(part) for part in run if part is not None] for run in account.dropped
    ]
    return fields


def open_acknowledgement(data, key, origin, asked):
    given = ack.open_ack(data, key, origin)
    if asked:
        believe(given, asked)
    outcomes = [[text(part) for part in outcome.item()] for outcome in given.outcomes]
    names = ("origin", "issued", "log_by")
    fields = {name: getattr(given, name) for name in names}
    fields["outcomes"] = outcomes
    fields["challenge"] = given.challenge and [text(part) for part in given.challenge]
    return fields


def believe(given, asked):
    """Judge an acknowledgement as the board does that sent these messages."""
    outcomes = [ack_parser.outcome(outcome.item()) for outcome in given.outcomes]
    sent = [bytes.fromhex(one) for one in asked["sent"]]
    told = given.issued, given.log_by, outcomes, given.challenge
    ack_plausibility.results(told, sent, asked["now"], asked["uncertainty_ms"] or 0)


def open_registration(data, key, *_):
    terms = registration.open_terms(data, key)
    fields = {"contract": terms.contract.hex(), "owner": terms.owner.hex()}
    for name in ("chain_id", "nonce", "deadline"):
        fields[name] = str(getattr(terms, name))
    return fields


def open_evidence(data, key, *_):
    first, second = evidence.open_evidence(data, key)
    return {"first": first.hex(), "second": second.hex()}


def open_key(data, *_):
    key = PublicKey.parse(data)
    thumbprint = key.thumbprint().hex()
    return {"alg": key.alg, "x": key.x.hex(), "y": key.y.hex(), "thumbprint": thumbprint}


OPEN = {
    "message": open_message,
    "acknowledgement": open_acknowledgement,
    "registration": open_registration,
    "evidence": open_evidence,
    "key": open_key,
}


def arguments(case, document):
    key = None
    if "key" in case:
        key = PublicKey.parse(bytes.fromhex(document["keys"][case["key"]]["cose_key"]))
    return bytes.fromhex(case["bytes"]), key, document["origin"], case.get("asked")


def test_what_must_be_accepted_is_with_these_fields():
    document = vectors("must_accept.json")
    assert {case["kind"] for case in document["cases"]} == set(OPEN)
    for case in document["cases"]:
        given = arguments(case, document)
        assert OPEN[case["kind"]](*given) == case["fields"], case["name"]
        if "leaf" in case:
            assert cose.leaf_hash(given[0]).hex() == case["leaf"], case["name"]


def test_what_must_be_refused_is_with_this_code():
    document = vectors("must_refuse.json")
    for case in document["cases"]:
        given = arguments(case, document)
        assert code_of(OPEN[case["kind"]], *given) == case["code"], case["name"]


def test_there_are_refusals_for_every_code_that_bytes_alone_can_earn():
    cases = vectors("must_refuse.json")["cases"]
    assert {case["code"] for case in cases} == {1, 2, 3, 4, 7, 8}
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names)

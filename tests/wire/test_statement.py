from expect import BOARD_K, code_of

from sealwire import cbor, message
from sealwire.errors import CODE_NAMES, MALFORMED
from sealwire.header import COUNTER_MAX, TIME_MAX
from sealwire.outcome import DAMAGED, FOR_ROOM, SEVERAL
from sealwire.statement import FIRST_FORMAT, MAX_DROPPED, Account, Statement
from sealwire.statement_claims import encode, parse

MAC = bytes.fromhex("240ac4123456")
ACCOUNT = -70000
MOST = (1 << 53) - 1


def small():
    return Statement(MAC, b"ESP32", 12, 3, "sealmote", "0.1.0", Account(0, 0))


def full():
    counters = (48000, 3, 2, 0, 6, 1)
    runs = [(1, 5, 5, FOR_ROOM, None), (2, 3, 9, 5, b"\x0b" * 32), (2, 11, 11, DAMAGED, None)]
    account = Account(2, 1, 15, (2, 900), (2, 880), runs, b"\x0a" * 32, counters, 1, (9000, 4096))
    return Statement(MAC, b"ESP32", MOST, COUNTER_MAX, "sealmote", "0.1.0", account, b"n" * 32)


def first_version():
    runs = [(1, 5, 5, None, None), (2, 3, 9, None, None)]
    account = Account(0, 0, dropped=runs)
    return Statement(MAC, b"ESP32", 1, 3, "sealmote", "0.1.0", account, None, FIRST_FORMAT)


def changed(changes, account=False):
    """Return a statement with claims (or parts of the account) replaced, left out where None."""
    claims = cbor.decode(encode(full()))
    (claims[ACCOUNT] if account else claims).update(changes)
    for key in changes:
        if changes[key] is None:
            del (claims[ACCOUNT] if account else claims)[key]
    return cbor.encode(claims)


def test_the_claims_have_their_numbers():
    claims = cbor.decode(encode(small()))
    assert claims == {
        256: b"\x02" + MAC,
        259: b"ESP32",
        261: 12,
        263: 0,
        267: 3,
        270: "sealmote",
        271: ["0.1.0"],
        ACCOUNT: {1: 0, 2: 0},
    }
    assert cbor.decode(encode(full()))[10] == b"n" * 32


def test_a_statement_reads_back():
    for given in (small(), full()):
        again = parse(encode(given))
        assert encode(again) == encode(given)
        for name in ("mac", "hwmodel", "uptime", "bootcount", "swname", "swversion", "nonce"):
            assert getattr(again, name) == getattr(given, name), name
        for name in ("reset_cause", "clock_source", "clock_uncertainty_ms", "previous_last"):
            assert getattr(again.account, name) == getattr(given.account, name), name
        for name in ("acknowledged_to", "dropped", "last_ack", "counters", "signer", "memory"):
            assert getattr(again.account, name) == getattr(given.account, name), name


def test_claims_outside_their_range_are_refused():
    for changes in (
        {10: b"n" * 7},
        {10: b"n" * 65},
        {10: "n" * 8},
        {256: None},
        {256: MAC},
        {256: b"\x01" + MAC},
        {256: b"\x02" + MAC + b"\x00\x00"},
        {259: None},
        {259: b""},
        {259: b"x" * 65},
        {259: "ESP32"},
        {261: None},
        {261: -1},
        {261: MOST + 1},
        {263: None},
        {263: 1},
        {263: False},
        {267: None},
        {267: COUNTER_MAX + 1},
        {270: None},
        {270: ""},
        {270: "x" * 33},
        {270: "sealmote\n"},
        {271: None},
        {271: "0.1.0"},
        {271: []},
        {271: ["0.1.0", 1]},
        {271: ["x" * 33]},
        {ACCOUNT: None},
        {ACCOUNT: {}},
        {ACCOUNT: []},
        {6: 1764000000},
        {-70001: 0},
        {"more": 0},
    ):
        assert code_of(parse, changed(changes)) == MALFORMED, changes


def test_the_account_is_checked_as_closely():
    for changes in (
        {1: None},
        {1: 6},
        {1: True},
        {2: None},
        {2: 3},
        {3: -1},
        {3: MOST + 1},
        {4: 900},
        {4: [2]},
        {4: [2, COUNTER_MAX + 1]},
        {5: []},
        {5: [1]},
        {5: [1, COUNTER_MAX + 1]},
        {5: [1, 2, 3]},
        {6: [[1, 2]]},
        {6: [[1, 5, 5]]},  # as in version 1: why?
        {6: [[1, 5, 4, 0]]},  # ends before it begins
        {6: [[1, 5, COUNTER_MAX + 1, 0]]},
        {6: [[1, 5, 5, SEVERAL - 1]]},
        {6: [[1, 5, 5, len(CODE_NAMES) + 1]]},
        {6: [[1, 5, 5, True]]},
        {6: [[1, 5, 5, None]]},
        {6: [[1, 5, 5, 5, b"x" * 31]]},
        {6: [[1, 5, 5, 5, None]]},
        {6: [[1, 5, 5, FOR_ROOM, b"x" * 32]]},
        {6: [[1, 5, 5, DAMAGED, b"x" * 32]]},
        {6: [[1, 5, 5, 5, b"x" * 32, 0]]},
        {6: [5]},
        {6: [[1, 1, 1, 0]] * (MAX_DROPPED + 1)},
        {6: []},  # a second encoding of nothing dropped
        {7: bytes(31)},
        {7: "x" * 32},
        {8: 0},
        {8: []},
        {8: [0] * 5},
        {8: [0] * 7},
        {8: [0] * 5 + [-1]},
        {8: [MOST + 1] + [0] * 5},
        {8: [0] * 5 + [True]},
        {9: 2},
        {9: -1},
        {9: True},
        {10: 0},
        {10: [1]},
        {10: [1, 2]},  # a block larger than all that is free
        {10: [MOST + 1, 0]},
        {10: [1, 0, 0]},
        {11: 0},
        {"x": 0},
    ):
        assert code_of(parse, changed(changes, account=True)) == MALFORMED, changes
    assert parse(changed({6: [[1, 1, 1, 0]] * MAX_DROPPED}, account=True))


def test_null_is_no_way_to_leave_a_claim_out():
    claims = cbor.decode(encode(small()))
    claims[10] = None
    assert code_of(parse, cbor.encode(claims)) == MALFORMED
    claims = cbor.decode(encode(small()))
    claims[ACCOUNT][7] = None
    assert code_of(parse, cbor.encode(claims)) == MALFORMED


def test_a_statement_that_would_be_refused_is_not_encoded():
    for made in (
        Statement(MAC[1:], b"ESP32", 12, 3, "sealmote", "0.1.0", Account(0, 0)),
        Statement(MAC, b"ESP32", -1, 3, "sealmote", "0.1.0", Account(0, 0)),
        Statement(MAC, b"ESP32", 12, 3, "sealmote", "0.1.0", Account(9, 0)),
    ):
        assert code_of(encode, made) == MALFORMED


def test_the_first_version_has_runs_without_causes():
    given = first_version()
    again = parse(encode(given), FIRST_FORMAT)
    assert encode(again) == encode(given)
    assert again.account.dropped == given.account.dropped
    assert code_of(parse, encode(given)) == MALFORMED
    assert code_of(parse, encode(full()), FIRST_FORMAT) == MALFORMED


def test_a_message_says_its_statements_version():
    for given in (full(), first_version()):
        parsed = message.parse(message.seal(BOARD_K, given, 3, 0, None))
        assert parsed.header.content_type == given.content_format == parsed.content.content_format
        assert parsed.content.account.dropped == given.account.dropped


def test_nine_refusals_fit_beside_the_longest_of_all_other_claims():
    most = COUNTER_MAX
    runs = [(most, most, most, 5, bytes([number]) * 32) for number in range(9)]
    account = Account(5, 2, MOST, (most, most), (most, most), runs, b"a" * 32, (MOST,) * 6)
    account.signer, account.memory = 1, (MOST, MOST)
    text = "x" * 32
    given = Statement(MAC, b"m" * 64, MOST, most, text, text, account, b"n" * 64)
    assert len(message.seal(BOARD_K, given, most, most, TIME_MAX)) <= message.MAX_MESSAGE
    account.dropped = [(most, most, most, -1, None)] * 16
    assert len(message.seal(BOARD_K, given, most, most, TIME_MAX)) <= message.MAX_MESSAGE

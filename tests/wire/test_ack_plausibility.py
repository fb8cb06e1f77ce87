from expect import BOARD, NOW, code_of

from sealwire import ack_plausibility, cose, message
from sealwire.bounds import CLOCK_TOLERANCE_S, MERGE_DELAY_MAX_S
from sealwire.errors import BUSY, CODE_NAMES, MALFORMED, UNKNOWN_DEVICE
from sealwire.outcome import ACCEPTED, DUPLICATE, REFUSED, RETRY
from sealwire.senml import Pack, Record

OTHER = bytes(range(32))


def sealed(iat):
    records = [Record("t", "Cel", 2150, -2)]
    if iat is None:
        records.append(Record("uptime", "s", 5))
    return message.seal(BOARD, Pack(iat, records), 3, 17, iat)


SENT = sealed(NOW)
LEAF = cose.leaf_hash(SENT)


def outcome(result, code=None, first_leaf=None, first_log_by=None, leaf=LEAF):
    return leaf, result, code, first_leaf, first_log_by


def again(first_log_by, first_leaf=LEAF):
    return outcome(DUPLICATE, None, first_leaf, first_log_by)


def judged(*outcomes, sent=SENT, doubt_ms=0):
    return ack_plausibility.results((NOW, NOW, list(outcomes), None), [sent], None, doubt_ms)


def promised(issued, log_by, now=None, doubt_ms=0):
    return ack_plausibility.results(
        (issued, log_by, [outcome(ACCEPTED)], None), [SENT], now, doubt_ms
    )


def test_a_promise_is_for_a_day_at_the_most_and_never_for_the_past():
    for delay in (0, 60, MERGE_DELAY_MAX_S):
        assert promised(NOW, NOW + delay)
    for delay in (-1, -(10**8), MERGE_DELAY_MAX_S + 1, (1 << 40) - 1 - NOW):
        assert code_of(promised, NOW, NOW + delay) == MALFORMED, delay


def test_it_is_given_at_the_boards_time_give_or_take():
    for off, doubt_ms in ((0, 0), (300, 0), (-300, 0), (301, 1), (1300, 1_000_000)):
        issued = NOW + off
        assert promised(issued, issued, NOW, doubt_ms)
    for off, doubt_ms in ((301, 0), (-301, 0), (302, 1000), (-(10**8), 0), (10**8, 0)):
        issued = NOW + off
        assert code_of(promised, issued, issued, NOW, doubt_ms) == MALFORMED, off
        assert promised(issued, issued)  # nobody there to ask
    assert CLOCK_TOLERANCE_S == 300


def test_each_outcome_is_known_by_its_leaf():
    first = again(NOW - 100)
    assert judged(outcome(ACCEPTED)) == {LEAF: (ACCEPTED, None)}
    assert judged(first) == {LEAF: (DUPLICATE, None)}
    assert judged(outcome(RETRY, BUSY)) == {LEAF: (RETRY, BUSY)}
    assert judged(outcome(REFUSED, 5)) == {LEAF: (REFUSED, 5)}
    assert judged(outcome(ACCEPTED), first)
    assert judged(first, first)


def test_contradictions_are_refused():
    of_each = (outcome(ACCEPTED), outcome(RETRY, BUSY), outcome(REFUSED, 5), outcome(REFUSED, 6))
    for one in of_each:
        for other in of_each:
            if one is not other:
                assert code_of(judged, one, other) == MALFORMED, (one, other)
    assert code_of(judged, again(NOW), outcome(REFUSED, 5)) == MALFORMED


def test_what_is_for_later_is_not_refused_for_good():
    for code in CODE_NAMES:
        if code in (UNKNOWN_DEVICE, BUSY):
            assert code_of(judged, outcome(REFUSED, code)) == MALFORMED
        else:
            assert judged(outcome(REFUSED, code))
        assert judged(outcome(RETRY, code))


def test_a_duplicate_is_of_what_was_sealed_and_after_it():
    for first_leaf, first_log_by in (
        (OTHER, NOW),
        (LEAF, NOW + MERGE_DELAY_MAX_S + 1),
        (LEAF, NOW - CLOCK_TOLERANCE_S - 1),
        (LEAF, NOW - 10**8),
    ):
        found = again(first_log_by, first_leaf)
        assert code_of(judged, found) == MALFORMED, first_log_by
    assert judged(again(NOW + MERGE_DELAY_MAX_S))
    late = again(NOW - CLOCK_TOLERANCE_S - 1)
    assert judged(late, doubt_ms=1000)


def test_what_was_sealed_without_a_clock_may_have_been_accepted_at_any_time():
    sent = sealed(None)
    leaf = cose.leaf_hash(sent)
    found = outcome(DUPLICATE, None, leaf, NOW - 10**8, leaf)
    assert judged(found, sent=sent) == {leaf: (DUPLICATE, None)}

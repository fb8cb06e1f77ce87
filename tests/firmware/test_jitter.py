"""Boards that lose the gateway together do not come back together."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mote.network import jitter

BOARDS = 2000
# What mote.uplink and mote.network.wifi begin with and end at, in ms.
UPLINK, WIFI = (1000, 300_000), (1000, 60_000)


def first_attempts_after(back_ms: int, base_ms: int, cap_ms: int) -> list[int]:
    """When each of many boards, which failed at 0 all at once, next asks after ``back_ms``."""
    found = []
    for _ in range(BOARDS):
        backoff, now = jitter.Backoff(base_ms, cap_ms), 0
        while now < back_ms:
            now += backoff.next_ms()
        found.append(now - back_ms)
    return found


@pytest.mark.parametrize("bounds", [UPLINK, WIFI])
@pytest.mark.parametrize("minutes", [2, 10, 60])
def test_after_an_outage_no_second_has_many_of_them(bounds: tuple[int, int], minutes: int) -> None:
    attempts = first_attempts_after(minutes * 60_000, *bounds)
    busiest = max(Counter(attempt // 1000 for attempt in attempts).values())
    # The waits at the cap are uniform in 0..cap, so the rate is at most 2/cap: 1.7 % a second
    # for Wi-Fi. 5 % is far outside of what 2000 boards do by chance.
    assert busiest < BOARDS * 0.05
    assert max(attempts) <= bounds[1]


def test_before_it_they_ask_less_and_less_often() -> None:
    """Fifteen minutes of outage cost a board some fifteen requests, not one a second."""
    counts = []
    for _ in range(BOARDS):
        backoff, now, asked = jitter.Backoff(*UPLINK), 0, 0
        while now < 900_000:
            now += backoff.next_ms()
            asked += 1
        counts.append(asked)
    assert sum(counts) / BOARDS < 20


@settings(max_examples=200)
@given(st.integers(0, 1 << 20))
def test_around_is_half_to_one_and_a_half_times(milliseconds: int) -> None:
    drawn = jitter.around(milliseconds)
    assert milliseconds // 2 <= drawn <= milliseconds // 2 + milliseconds


def test_a_success_begins_anew() -> None:
    backoff = jitter.Backoff(1000, 300_000)
    for _ in range(12):
        assert backoff.next_ms() <= 300_000
    backoff.reset()
    assert backoff.next_ms() <= 1000


def test_a_period_spreads_the_first_batch_of_boards_that_start_together() -> None:
    seconds = Counter(jitter.below(10_000) // 1000 for _ in range(BOARDS))
    assert sorted(seconds) == list(range(10))
    assert max(seconds.values()) < BOARDS * 0.15

"""Every number of a device in exactly one class, for honest boards and for whatever a key may sign."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote.gateway.reports.accounting import BootAccount, Claims, Drop, account
from sealmote.gateway.store.queries import Range

LOGGED, DROPPED, HIDDEN, WAITING = "logged", "dropped", "hidden", "waiting"
NUMBERS = st.integers(0, 14)
CAUSES = [(None, None), (0, None), (-2, None), (5, None), (5, b"a" * 32), (5, b"b" * 32)]
BOOTS = st.integers(0, 4)


def runs(numbers: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def ranges(logged: set[tuple[int, int]]) -> list[Range]:
    return [
        Range(boot, *run)
        for boot in sorted({boot for boot, _ in logged})
        for run in runs({number for other, number in logged if other == boot})
    ]


def expanded(found: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in found for number in range(first, last + 1)}


@st.composite
def statements(draw: Any) -> list[Claims]:
    """Anything that a key can sign, honest or not."""
    dropped = st.tuples(BOOTS, NUMBERS, NUMBERS, st.sampled_from(CAUSES)).map(
        lambda run: (run[0], min(run[1:3]), max(run[1:3]), *run[3])
    )
    one = st.builds(
        Claims,
        BOOTS,
        st.none() | st.tuples(BOOTS, NUMBERS),
        st.none() | st.tuples(BOOTS, NUMBERS),
        st.lists(dropped, max_size=4),
    )
    said: list[Claims] = draw(st.lists(one, max_size=6))
    return said


@settings(max_examples=200)
@given(st.sets(st.tuples(BOOTS, NUMBERS)), statements())
def test_each_number_is_in_exactly_one_class_whatever_is_said(
    logged: set[tuple[int, int]], said: list[Claims]
) -> None:
    found = account(ranges(logged), said)
    assert [one.boot for one in found] == sorted({one.boot for one in found})
    given_up = {(b, n) for one in said for b, i, j, *_ in one.dropped for n in range(i, j + 1)}
    settled = max([one.acknowledged_to for one in said if one.acknowledged_to], default=(-1, -1))
    lasts = {one.previous_last for one in said if one.previous_last is not None}
    known = logged | given_up | lasts | ({settled} - {(-1, -1)})
    assert {one.boot for one in found} == {boot for boot, _ in known}
    for one in found:
        for listed in (one.logged, one.dropped, one.missing, one.awaited):
            assert all(first <= last for first, last in listed)
            assert all(a[1] + 1 < b[0] for a, b in pairwise(listed)), "ascending, none touching"
        top = max(number for boot, number in known if boot == one.boot)
        for number in range(top + 1):
            name = (one.boot, number)
            expected = (
                "logged" if name in logged
                else "dropped" if name in given_up
                else "missing" if name <= settled
                else "awaited"
            )  # fmt: skip
            assert number in expanded(getattr(one, expected)), (name, expected)
        why = {n for drop in one.drops for n in range(drop.first, drop.last + 1)}
        assert expanded(one.dropped) <= why, "what was dropped has a cause"
        total = sum(len(expanded(getattr(one, n))) for n in ("logged", "dropped", "missing"))
        assert total + len(expanded(one.awaited)) == top + 1


@dataclass
class Model:
    """An honest board and a gateway that may hide; statements as docs/guides/accounting.md has them."""

    boot: int = 1
    fate: dict[tuple[int, int], str] = field(default_factory=dict)
    said: list[Claims] = field(default_factory=list)
    stated_runs: set[tuple[int, int]] = field(default_factory=set)
    last_kept: tuple[int, int] | None = None
    previous: tuple[int, int] | None = None
    next: int = 0

    def keep(self) -> tuple[int, int]:
        number = (self.boot, self.next)
        self.next += 1
        self.fate[number] = WAITING
        self.last_kept = number
        return number

    def state(self) -> None:
        waiting = [number for number, fate in self.fate.items() if fate == WAITING]
        settled = self.last_kept
        if waiting:
            below = [number for number in self.fate if number < min(waiting)]
            settled = max(below, default=None)
        dropped = sorted(number for number, fate in self.fate.items() if fate == DROPPED)
        self.said.append(
            Claims(
                self.boot,
                self.previous,
                settled,
                [(boot, number, number, 0, None) for boot, number in dropped],
            )
        )
        self.fate[self.keep()] = LOGGED

    def reboot(self) -> None:
        """Lose power; numbers that had not reached the flash are in nobody's hands."""
        self.boot, self.next, self.previous = self.boot + 1, 0, self.last_kept

    def settle(self, fate: str) -> None:
        waiting = [number for number, was in self.fate.items() if was == WAITING]
        if waiting:
            self.fate[min(waiting)] = fate


STEPS = st.lists(
    st.sampled_from(["keep", "keep", "state", "reboot", LOGGED, DROPPED, HIDDEN]), max_size=60
)


@settings(max_examples=200)
@given(STEPS)
def test_an_honest_boards_account_closes_and_names_what_was_hidden(steps: list[str]) -> None:
    model = Model()
    model.state()
    for step in steps:
        if step == "reboot":
            model.reboot()
            model.state()
        elif step in (LOGGED, DROPPED, HIDDEN):
            model.settle(step)
        else:
            getattr(model, step)()
    while WAITING in model.fate.values():
        model.settle(LOGGED)
    model.reboot()
    model.state()

    by_fate: dict[str, set[tuple[int, int]]] = {LOGGED: set(), DROPPED: set(), HIDDEN: set()}
    for number, fate in model.fate.items():
        by_fate[fate].add(number)
    found = {one.boot: one for one in account(ranges(by_fate[LOGGED]), model.said)}
    assert set(found) >= {boot for boot, _ in by_fate[LOGGED]}
    for boot, one in found.items():
        assert one.awaited == []
        assert expanded(one.logged) == {n for b, n in by_fate[LOGGED] if b == boot}
        assert expanded(one.dropped) == {n for b, n in by_fate[DROPPED] if b == boot}
        assert expanded(one.missing) == {n for b, n in by_fate[HIDDEN] if b == boot}
        if boot < model.boot:
            assert one.last == max(n for b, n in model.fate if b == boot)
            assert one.closed == (not one.missing)


def test_a_boot_is_open_until_the_next_names_its_last() -> None:
    (one,) = account([Range(3, 0, 5)], [])
    assert one == BootAccount(3, None, [(0, 5)], [], [], [])
    assert not one.closed
    before, _ = account([Range(3, 0, 5), Range(4, 0, 0)], [Claims(4, (3, 5), (3, 5), [])])
    assert before.closed


def test_boots_that_kept_nothing_do_not_keep_the_one_before_them_open() -> None:
    before, _ = account([Range(3, 0, 5), Range(9, 0, 0)], [Claims(9, (3, 5), (3, 5), [])])
    assert (before.boot, before.last, before.closed) == (3, 5, True)


def test_runs_of_any_length_cost_nothing() -> None:
    top = 2**32 - 1
    found = account(
        [Range(1, 7, 7)], [Claims(2, (1, top), (1, top - 1), [(1, 0, 5, 0, None)] * 32)]
    )
    rest = [(6, 6), (8, top - 1)], [(top, top)]
    assert found[0] == BootAccount(1, top, [(7, 7)], [(0, 5)], *rest, (Drop(0, 5, 0, None),))


def test_a_drop_has_the_cause_that_was_stated_last_in_more_words() -> None:
    refused = (1, 4, 6, 5, b"a" * 32)
    said = [
        Claims(2, (1, 9), (1, 9), [(1, 0, 2, None, None), (1, 4, 6, None, None)]),  # version 1
        Claims(2, (1, 9), (1, 9), [refused, (1, 7, 7, 5, b"b" * 32)]),
        Claims(2, (1, 9), (1, 9), [refused, (1, 8, 8, 0, None), (1, 9, 9, 5, None)]),
    ]
    (found,) = account([Range(1, 3, 3), Range(1, 5, 5), Range(1, 8, 8)], said)
    assert found.dropped == [(0, 2), (4, 4), (6, 7), (9, 9)]
    assert found.drops == (
        Drop(0, 2, None, None),
        Drop(4, 6, 5, b"a" * 32),
        Drop(7, 7, 5, b"b" * 32),
        Drop(9, 9, 5, None),
    )

"""The trial record: whatever is interrupted, it is the state before or the one after."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.errors import TrialError
from mote.storage import trial
from mote.storage.slots import Slots
from mote.storage.trial import STARTS, Trial
from nor_flash import Flash, PowerCutError

A, B = 0, 1


def read(flash: Flash) -> Trial:
    return Trial(Slots(flash))


def state(flash: Flash) -> tuple[int, int, int]:
    record = read(flash)
    return record.good, record.phase, record.starts


def test_a_blank_partition_runs_the_first_file_system() -> None:
    flash = Flash()
    assert read(flash).start() == A
    assert state(flash) == (A, trial.NONE, 0)
    assert flash.data.count(0xFF) == len(flash.data)  # and nothing was written


def test_a_trial_that_is_confirmed_is_good_from_then_on() -> None:
    flash = Flash()
    read(flash).begin()
    assert read(flash).start() == B
    read(flash).confirm()
    assert state(flash) == (B, trial.NONE, 0)
    assert [read(flash).start() for _ in range(9)] == [B] * 9
    read(flash).begin()  # the next one goes to the other side
    assert read(flash).start() == A


def test_a_trial_that_is_never_confirmed_goes_back() -> None:
    flash = Flash()
    read(flash).begin()
    assert [read(flash).start() for _ in range(STARTS + 3)] == [B] * STARTS + [A] * 3
    assert state(flash) == (A, trial.FAILED, 0)
    read(flash).begin(1)  # and may be tried again
    assert [read(flash).start() for _ in range(2)] == [B, A]


def test_what_does_not_mount_goes_back_at_once() -> None:
    flash = Flash()
    read(flash).begin()
    record = read(flash)
    record.start()
    record.fail()
    assert [read(flash).start() for _ in range(2)] == [A, A]


def test_nothing_is_confirmed_but_what_was_started() -> None:
    flash = Flash()
    read(flash).confirm()
    assert state(flash) == (A, trial.NONE, 0)
    read(flash).begin()
    read(flash).confirm()  # an acknowledgement between the update and the restart
    assert state(flash) == (A, trial.DUE, STARTS)
    for _ in range(STARTS + 1):
        read(flash).start()
    read(flash).confirm()
    assert state(flash) == (A, trial.FAILED, 0)


def test_what_is_on_trial_begins_no_trial() -> None:
    flash = Flash()
    read(flash).begin()
    read(flash).start()
    with pytest.raises(TrialError, match="confirmed first"):
        read(flash).begin()


@pytest.mark.parametrize("record", [b"\x02\0\0\0", b"\x01\2\0\0", b"\x01\0\4\0", b"\x01\0\0", b""])
def test_a_record_of_another_kind_is_refused(record: bytes) -> None:
    flash = Flash()
    Slots(flash).create(record)
    with pytest.raises(TrialError, match="sealmote recover"):
        read(flash)


DEEDS: dict[str, Callable[[Trial], object]] = {
    "start": Trial.start, "confirm": Trial.confirm, "fail": Trial.fail,
    "begin": lambda record: record.begin(2) if record.phase != trial.RUNNING else None,
}  # fmt: skip


@given(
    st.lists(st.sampled_from(sorted(DEEDS)), max_size=6),
    st.sampled_from(sorted(DEEDS)),
    st.integers(0, 99),
)
def test_a_cut_at_any_byte_leaves_the_state_before_or_after(
    before: list[str], last: str, cut: int
) -> None:
    whole, flash = Flash(), Flash()
    for deed in before:
        DEEDS[deed](read(whole))
        DEEDS[deed](read(flash))
    old = state(whole)
    DEEDS[last](read(whole))
    flash.budget = cut
    with suppress(PowerCutError):
        DEEDS[last](read(flash))
    flash.budget = -1
    assert state(flash) in (old, state(whole))

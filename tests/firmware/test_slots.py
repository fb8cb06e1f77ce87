"""Two-slot records: whatever moment the power fails at, the last durable record is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.errors import SlotError
from mote.storage.slots import Slots
from nor_flash import BLOCK, Flash, PowerCutError


def payload(number: int) -> bytes:
    return b"record %d " % number * 4


def work(flash: Flash, durable: list[bytes], begun: list[bytes], writes: int) -> None:
    slots = Slots(flash)
    for number in range(writes):
        begun.append(payload(number))
        if slots.payload is None:
            slots.create(payload(number))
        else:
            slots.write(payload(number))
        durable.append(payload(number))


def test_a_blank_partition_is_a_new_board() -> None:
    slots = Slots(Flash())
    assert slots.payload is None
    assert slots.generation == 0


def test_the_last_record_is_found_again() -> None:
    flash = Flash()
    work(flash, [], [], 5)
    assert Slots(flash).payload == payload(4)


def test_a_cut_at_every_byte_leaves_the_record_before_or_the_new_one() -> None:
    whole = Flash()
    whole.budget = 1 << 30
    work(whole, [], [], 4)
    total = (1 << 30) - whole.budget
    assert total > 300
    for cut in range(total):
        flash = Flash()
        durable: list[bytes] = []
        begun: list[bytes] = []
        flash.budget = cut
        with pytest.raises(PowerCutError):
            work(flash, durable, begun, 4)
        flash.budget = -1
        found = Slots(flash)
        if durable:
            assert found.payload in (durable[-1], begun[-1])
        else:
            assert found.payload in (None, begun[0])
        # And it goes on from there, without a third state.
        (found.create if found.payload is None else found.write)(b"after")
        assert Slots(flash).payload == b"after"


def test_a_second_cut_while_recovering_from_the_first_loses_nothing_either() -> None:
    for first in range(0, 400, 7):
        for second in range(0, 400, 11):
            flash = Flash()
            durable: list[bytes] = []
            begun: list[bytes] = []
            for budget in (first, second):
                flash.budget = budget
                try:
                    work(flash, durable, begun, 2)
                except PowerCutError:
                    continue
            flash.budget = -1
            found = Slots(flash).payload
            assert found in begun if durable else found in (None, *begun)


@given(st.integers(0, 2 * BLOCK - 1), st.integers(0, 7))
def test_one_flipped_bit_never_makes_a_new_board(at: int, bit: int) -> None:
    flash = Flash()
    work(flash, [], [], 3)
    flash.data[at] ^= 1 << bit
    assert Slots(flash).payload in (payload(1), payload(2))


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_two_damaged_records_are_refused_not_replaced(writes: int) -> None:
    flash = Flash()
    work(flash, [], [], writes)
    flash.data[20] ^= 1
    flash.data[BLOCK + 20] ^= 1
    with pytest.raises(SlotError, match="both identity records are damaged"):
        Slots(flash)


def test_a_damaged_record_beside_an_erased_slot_is_refused() -> None:
    # Power failed between erasing one slot and programming it, and the other has rotted since.
    for writes in (2, 3, 4):
        flash = Flash()
        work(flash, [], [], writes)
        stale = 1 - Slots(flash)._current
        flash.ioctl(6, stale)
        flash.data[(1 - stale) * BLOCK + 20] ^= 1
        with pytest.raises(SlotError):
            Slots(flash)


def test_what_is_not_a_record_is_refused() -> None:
    flash = Flash()
    flash.data[: 2 * BLOCK] = bytes(2 * BLOCK)
    with pytest.raises(SlotError):
        Slots(flash)


def test_flash_that_does_not_take_a_write_is_named() -> None:
    flash = Flash()
    slots = Slots(flash)
    slots.create(b"first")
    flash.writeblocks = lambda block, buffer, offset: None  # type: ignore[method-assign]
    with pytest.raises(SlotError, match="did not take a write"):
        slots.write(b"second")
    assert Slots(flash).payload == b"first"


def test_a_second_key_is_never_created_over_the_first() -> None:
    slots = Slots(Flash())
    slots.create(b"first")
    with pytest.raises(SlotError, match="exists already"):
        slots.create(b"second")

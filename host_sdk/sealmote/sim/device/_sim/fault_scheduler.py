"""Fault scheduler: brings about the faults of one instant when they are due, and reports the heap."""

import gc

import micropython

from _sim import chip, clock, faults, hardware, host_events, seeded_random, shared_state
from _sim.storage import flash, partition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ballast: list[bytearray] = []
_BALLAST_BYTES = 256


def begin() -> None:
    """Set every alarm; called once, before the board's own program."""
    actions = {
        "bit-flip": _flip_bit,
        "clock-jump": _jump,
        "heap": _press,
        "heap-look": _look_at_heap,
        "switch-off": _switch_off,
        "watchdog": _bite,
    }
    for kind, action in actions.items():
        for fault in faults.of(kind):
            if kind == "watchdog":
                _schedule(fault, action, clock.now_us())  # which does not watch over sleep
            else:
                _schedule(fault, action, hardware.integer("since_us"))
    for fault in faults.of("power-cut"):
        _await_cut(fault)


def _schedule(
    fault: dict[str, object], action: "Callable[[dict[str, object]], None]", since: int
) -> None:
    """Set the alarm for a fault's next moment after `since`; what came in sleep comes on waking."""
    moment = faults.next_begin(fault, since)

    def happen() -> None:
        _schedule(fault, action, clock.now_us())
        action(fault)

    if moment is not None:
        clock.set_alarm(moment, happen)


def _await_cut(fault: dict[str, object]) -> None:
    """Arm a cut; one whose moment has passed, in this life or before it, takes the next operation."""
    if faults.number(fault, "op") >= 0:
        _count(fault)
        return
    moment = faults.next_begin(fault, hardware.integer("powered_us"))
    if moment is not None and moment <= clock.now_us():
        _arm(fault)
    else:
        _schedule(fault, _arm, clock.now_us())


def _count(fault: dict[str, object]) -> None:
    operation = hardware.integer("operations_from") + faults.number(fault, "op")
    if operation > shared_state.operations:
        flash.fail_at(operation, faults.number(fault, "off_us"))


def _arm(fault: dict[str, object]) -> None:
    flash.fail_at(shared_state.operations + 1, faults.number(fault, "off_us"))


def _switch_off(fault: dict[str, object]) -> None:
    host_events.send({"power_off_us": faults.number(fault, "off_us")})
    clock.halt()


def _bite(fault: dict[str, object]) -> None:  # noqa: ARG001 - as every action
    chip.restart(chip.WDT_RESET)


def _jump(fault: dict[str, object]) -> None:
    clock.set_wall_us(clock.wall_us() + faults.number(fault, "by_us"))


def _flip_bit(fault: dict[str, object]) -> None:
    name = fault["region"]
    assert isinstance(name, str)
    _, _, address, size, _, _ = partition.Partition(name).info()
    occasion = (fault["index"], clock.now_us())
    flash.flip(
        address + seeded_random.number("address", occasion) % size,
        seeded_random.number("bit", occasion) % 8,
    )


def _press(fault: dict[str, object]) -> None:
    """Take heap until only so much is free, in pieces, as fragmentation does."""
    gc.collect()
    while gc.mem_free() > faults.number(fault, "free"):
        _ballast.append(bytearray(_BALLAST_BYTES))
    over = faults.end(fault, clock.now_us())
    clock.set_alarm(over, _relieve)


def _relieve() -> None:
    del _ballast[:]


def _look_at_heap(fault: dict[str, object]) -> None:  # noqa: ARG001 - as every action
    gc.collect()
    host_events.send({"heap": [clock.now_us(), gc.mem_alloc(), gc.mem_free()]})
    micropython.mem_info()  # on the serial line: how it is laid out

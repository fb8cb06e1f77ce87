"""SNTP against a real UDP server, honest and hostile."""

import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.errors import ClockError
from mote.network import sntp
from sealmote.sim import Board, Conditions, Network

COOKIE = bytes(range(8))
SCRIPT = """
import asyncio, time
from mote.network import sntp
from mote.errors import ClockError
began = time.ticks_ms()
try:
    answer = asyncio.run(sntp.query("127.0.0.1", port))
    whole_ms = time.ticks_diff(time.ticks_ms(), began) + 1
    print(json.dumps([answer.unix_ms, answer.round_trip_ms, whole_ms, answer.error_ms]))
except ClockError as error:
    print(json.dumps(str(error)))
"""


def timestamp(unix: float) -> bytes:
    return struct.pack(">II", (int(unix) + 2208988800) % (1 << 32), int(unix % 1 * (1 << 32)))


def packet(request: bytes, **other: Any) -> bytes:
    """An RFC 4330 answer; ``other`` replaces its parts."""
    now = timestamp(time.time())
    part: dict[str, Any] = {
        "first": 0x24,
        "stratum": 2,
        "precision": 0xEC,
        "delay": 0,
        "dispersion": 0,
        "reference": bytes(4),
        "originate": request[40:48],
    }
    part |= {"received": now, "sent": now} | other
    head = bytes([part["first"], part["stratum"], 6, part["precision"]])
    head += struct.pack(">II", part["delay"], part["dispersion"]) + part["reference"]
    return bytes(head + now + part["originate"] + part["received"] + part["sent"])


def test_an_honest_answer_gives_the_time_with_its_fraction(
    micropython: Any, time_server: Any
) -> None:
    before_ms = int(time.time() * 1000)
    ((unix_ms, round_trip_ms, whole_ms, error_ms),) = micropython(SCRIPT, port=time_server.port)
    assert before_ms <= unix_ms <= time.time() * 1000 + 1
    assert 0 <= round_trip_ms <= whole_ms
    assert error_ms == (round_trip_ms + 1) // 2 + 4, "the server's precision, and our milliseconds"


def test_the_request_is_a_client_s_with_a_random_timestamp(
    micropython: Any, time_server: Any
) -> None:
    seen = []

    def answer(request: bytes) -> list[bytes]:
        seen.append(request)
        return [packet(request)]

    time_server.answer = answer
    micropython(SCRIPT * 2, port=time_server.port)
    assert [len(request) for request in seen] == [48, 48]
    assert {request[0] for request in seen} == {0x23}
    assert len({request[40:48] for request in seen}) == 2
    assert seen[0][1:40] == bytes(39)


def test_the_server_s_own_delay_is_not_taken_for_distance(
    micropython: Any, time_server: Any
) -> None:
    def slow(request: bytes) -> list[bytes]:
        received = timestamp(time.time())
        time.sleep(0.3)
        return [packet(request, received=received, sent=timestamp(time.time()))]

    time_server.answer = slow
    before_ms = int(time.time() * 1000)
    ((unix_ms, round_trip_ms, whole_ms, _),) = micropython(SCRIPT, port=time_server.port)
    assert whole_ms >= 300
    assert round_trip_ms <= whole_ms - 300
    assert before_ms + 300 <= unix_ms <= time.time() * 1000 + 1


def test_half_of_the_way_is_added(micropython: Any, time_server: Any) -> None:
    sent_at = []

    def far(request: bytes) -> list[bytes]:
        time.sleep(0.15)
        sent_at.append(time.time())
        answer = packet(request)
        sent_at.append(time.time())
        time.sleep(0.15)
        return [answer]

    time_server.answer = far
    ((unix_ms, round_trip_ms, whole_ms, _),) = micropython(SCRIPT, port=time_server.port)
    assert 300 <= round_trip_ms <= whole_ms
    half_ms = round_trip_ms / 2
    assert sent_at[0] * 1000 - 2 <= unix_ms - half_ms <= sent_at[1] * 1000 + 2


@pytest.mark.parametrize(
    ("standing", "more_ms"),
    [
        ({"delay": 0x8000}, 250),  # half a second there and back
        ({"dispersion": 0x18000}, 1500),
        ({"dispersion": 1}, 1),
        ({"delay": 0x8000, "dispersion": 0x8000}, 750),
        ({"precision": 0xFE}, 249),  # a quarter of a second, in place of a microsecond
        ({"precision": 0}, 999),
        ({"first": 0x64}, 1000),  # a leap second is announced
        ({"first": 0xA4}, 1000),
    ],
)
def test_what_the_server_says_of_itself_is_added(
    micropython: Any, time_server: Any, standing: dict[str, int], more_ms: int
) -> None:
    time_server.answer = lambda request: [packet(request, **standing)]
    ((_, round_trip_ms, _, error_ms),) = micropython(SCRIPT, port=time_server.port)
    assert error_ms == (round_trip_ms + 1) // 2 + 4 + more_ms


@given(
    delay=st.integers(0, (1 << 32) - 1),
    dispersion=st.integers(0, (1 << 32) - 1),
    precision=st.integers(-128, 127),
)
def test_the_distance_is_never_less_than_the_server_s(
    delay: int, dispersion: int, precision: int
) -> None:
    exact = (delay / 2 + dispersion) / 65536 + 2.0**precision
    answer = packet(
        bytes(40) + COOKIE, delay=delay, dispersion=dispersion, precision=precision % 256
    )
    try:
        *_, distance_ms = sntp.read(answer, COOKIE)
    except ClockError:
        assert exact * 1000 > 2998
    else:
        assert exact * 1000 <= distance_ms <= exact * 1000 + 2


HOSTILE: dict[str, tuple[Any, str]] = {
    "kiss": (lambda r: packet(r, stratum=0, reference=b"RATE"), r"kiss-o'-death \(RATE\)"),
    "binary kiss": (lambda r: packet(r, stratum=0, reference=b"\n\0\xff!"), r"\(\?\?\?!\)"),
    "stratum 16": (lambda r: packet(r, stratum=16), "itself has no time"),
    "a bad clock": (lambda r: packet(r, dispersion=3849 << 16), "off by 3849001 ms"),
    "a long way": (lambda r: packet(r, delay=7 << 16), "off by 3501 ms"),
    "a negative way": (lambda r: packet(r, delay=0xFFFF0000), "off by 32767501 ms"),
    "a coarse clock": (lambda r: packet(r, precision=2), "off by 4000 ms"),
    "an absurd one": (lambda r: packet(r, precision=127), "off by"),
    "a forged kiss": (
        lambda r: packet(r, stratum=0, reference=b"DENY", originate=bytes(8)),
        "somebody else's request",
    ),
    "alarm": (lambda r: packet(r, first=0xE4), "itself has no time"),
    "a client": (lambda r: packet(r, first=0x23), "not a server's answer"),
    "broadcast": (lambda r: packet(r, first=0x25), "not a server's answer"),
    "version 7": (lambda r: packet(r, first=0x3C), "not a server's answer"),
    "blind": (lambda r: packet(r, originate=bytes(8)), "somebody else's request"),
    "an echo": (lambda r: r, "not a server's answer"),
    "1970": (lambda r: packet(r, received=timestamp(0), sent=timestamp(0)), "before 2025"),
    "zero": (lambda r: packet(r, received=bytes(8), sent=timestamp(1)), "time that cannot be"),
    "backwards": (
        lambda r: packet(r, received=timestamp(time.time() + 9)),
        "sent before it was received",
    ),
    "long work": (
        lambda r: packet(r, received=timestamp(time.time() - 60)),
        "worked longer than the exchange took",
    ),
    "short": (lambda r: packet(r)[:47], "47 bytes instead of 48"),
    "empty": (lambda r: b"", "0 bytes instead of 48"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_believed_is_refused(micropython: Any, time_server: Any, name: str) -> None:
    answer, reason = HOSTILE[name]
    time_server.answer = lambda request: [answer(request)]
    (said,) = micropython(SCRIPT, port=time_server.port)
    assert isinstance(said, str), said
    with pytest.raises(ClockError, match=reason):
        raise ClockError(said)


SILENCE = """
import asyncio, network, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.connect("home")
time.sleep(5)
from mote.network import sntp
from mote.errors import ClockError
began = time.ticks_ms()
try:
    asyncio.run(sntp.query("127.0.0.1", %d))
except ClockError as error:
    print(error, time.ticks_diff(time.ticks_ms(), began))
"""


def test_silence_ends(tmp_path: Path, time_server: Any) -> None:
    time_server.answer = lambda request: []
    board = Board.create(tmp_path / "board", wifi=[Network("home")])
    board.install()
    under = Conditions(virtual=True, patience_s=0.2)  # of real time, for an answer that never comes
    assert (
        board.exec(SILENCE % time_server.port, conditions=under)
        == "no answer within 3000 ms 3000\n"
    )


def test_a_name_without_an_address_is_named(micropython: Any) -> None:
    script = SCRIPT.replace("127.0.0.1", "no-such-host.invalid")
    (said,) = micropython(script, port=123)
    assert said.startswith("no-such-host.invalid has no address")


def test_the_second_era_begins_in_2036() -> None:
    late = 2_100_000_000  # 2036-07-18, past the wrap of 2036-02-07
    answer = packet(bytes(40) + COOKIE, received=timestamp(late), sent=timestamp(late))
    assert sntp.read(answer, COOKIE) == (late * 1000, late * 1000, 1)


@given(st.binary(max_size=64))
def test_any_other_bytes_are_a_clock_error(data: bytes) -> None:
    with pytest.raises(ClockError):
        sntp.read(data, COOKIE)


@given(st.binary(min_size=16, max_size=16))
def test_any_times_are_in_order_and_after_2024_or_refused(times: bytes) -> None:
    answer = packet(bytes(40) + COOKIE, received=times[:8], sent=times[8:])
    try:
        received, sent, _ = sntp.read(answer, COOKIE)
    except ClockError:
        return
    assert 1735689600_000 <= sent < (1 << 33) * 1000
    assert received <= sent

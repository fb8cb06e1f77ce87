"""The SNTP server, by RFC 5905's packet layout, and from a board over a real socket."""

import asyncio
import struct
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sealmote.sim import Board, Network, NtpServer
from sealmote.sim.environment import ntp

REQUEST = bytes([0x23]) + bytes(39) + struct.pack("!II", 0x11223344, 0x55667788)
AT_NS = 1_800_000_000_250_000_000


def test_answer_field_by_field() -> None:
    reply = ntp.answer(REQUEST, AT_NS, AT_NS + 500_000_000)
    assert reply is not None
    assert len(reply) == 48
    assert reply[0] == 0x24  # leap 0, version 4, mode 4
    assert 1 <= reply[1] <= 15
    assert reply[24:32] == REQUEST[40:48]  # originate: what the client sent
    assert struct.unpack("!II", reply[32:40]) == (1_800_000_000 + 2_208_988_800, 1 << 30)
    assert struct.unpack("!II", reply[40:48]) == (1_800_000_000 + 2_208_988_800, 3 << 30)


def test_the_era_of_2036_wraps() -> None:
    reply = ntp.answer(REQUEST, 2_085_978_497 * 10**9, 2_085_978_497 * 10**9)
    assert reply is not None
    assert struct.unpack("!I", reply[40:44]) == (1,)


@given(st.binary(max_size=100))
def test_only_requests_are_answered(packet: bytes) -> None:
    asked = len(packet) >= 48 and packet[0] & 7 == 3 and packet[0] >> 3 & 7 in (3, 4)
    assert (ntp.answer(packet, AT_NS, AT_NS) is not None) == asked


def test_a_board_learns_the_time(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", wifi=[Network("home")], join_ms=1)
    code = """
import network, socket, struct, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.connect("home")
while not station.isconnected():
    time.sleep_ms(1)
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.settimeout(120)
link.connect(socket.getaddrinfo("127.0.0.1", %d)[0][-1])
link.send(bytes([0x23]) + bytes(47))
print(struct.unpack("!I", link.recv(48)[40:44])[0] - 2208988800)
"""

    async def ask() -> tuple[str, int]:
        async with NtpServer() as server:
            return await asyncio.to_thread(board.exec, code % server.port), server.answered

    before = int(time.time())
    told, answered = asyncio.run(ask())
    assert before <= int(told) <= time.time()
    assert answered == 1

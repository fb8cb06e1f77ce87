"""A transport beside HTTP: the guide's, registered by its scheme, over a real socket."""

import asyncio
import re
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from outgoing import sealed
from sealwire.sequence import split_sequence

GUIDE = Path(__file__).parents[2] / "docs/guides/transports.md"

# The guide's file lies beside the script; what registers it is the line that the guide names.
SETUP = """
import asyncio
from binascii import unhexlify
from mote.uplink import transport

def _open_line(url, ca, clock):
    from line import Line
    return Line(url, ca, clock)

transport.SCHEMES["line"] = transport.Scheme(7000, False, _open_line)

from mote.configuration import config
from mote.errors import ConfigError, UplinkError
from mote.network.clock import Clock
from mote.storage.outbox import Outbox
from mote.uplink.uplink import Uplink
"""

SEND = """
outbox = Outbox("outbox", 65536)
for sequence, one in enumerate(messages):
    outbox.append(1, sequence, unhexlify(one))
uplink = Uplink(config.read(settings), outbox, Clock("127.0.0.1", 1))
try:
    print(json.dumps([asyncio.run(uplink.send_batch()), outbox.kept, uplink.needs_clock]))
except (UplinkError, OSError) as error:
    print(json.dumps([str(error), outbox.kept, uplink.needs_clock]))
"""

Answer = Callable[[bytes], bytes]


class LineServer:
    """Answers each request of the guide's protocol by ``answer``; ``bodies``: what came."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.bodies: list[bytes] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            size = int.from_bytes(await reader.readexactly(4), "big")
            self.bodies.append(await reader.readexactly(size))
            writer.write(self._answer(self.bodies[-1]))
            await writer.drain()

    async def during(self, work: Callable[[int], Any]) -> Any:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            return await asyncio.to_thread(work, server.sockets[0].getsockname()[1])


@pytest.fixture
def line(tmp_path: Path, micropython: Any, board_config: dict[str, Any]) -> Any:
    """Send so many messages to a `LineServer` from MicroPython; return what the board says."""
    code = re.search(
        r"`/mote/uplink/line.py`:\n\n((?:    .*\n|\n)+)", GUIDE.read_text(encoding="utf-8")
    )
    assert code
    (tmp_path / "line.py").write_text(textwrap.dedent(code[1]))

    def run(server: LineServer, count: int) -> Any:
        def work(port: int) -> Any:
            board_config["gateway"]["url"] = f"line://127.0.0.1:{port}"
            messages = [sealed(n) for n in range(count)]
            return micropython(SETUP + SEND, settings=board_config, messages=messages)

        said = asyncio.run(server.during(work))
        return next(one for one in said if isinstance(one, list))

    return run


def _framed(answer: bytes) -> bytes:
    return len(answer).to_bytes(4, "big") + answer


def test_a_batch_leaves_by_a_transport_that_was_registered(line: Any, stub_gateway: Any) -> None:
    def answer(body: bytes) -> bytes:
        outcomes = [stub_gateway.accept(item) for item in split_sequence(body, 64)]
        return _framed(stub_gateway.acknowledge(outcomes))

    server = LineServer(answer)
    assert line(server, 3) == [False, 0, False]
    assert len(split_sequence(server.bodies[0], 64)) == 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_framed(b"not signed"), "an acknowledgement that is not the pinned gateway's"),
        (b"\x00\x00\x00\x09cut", "the connection ended within the answer"),
        (b"\x00\x01\x00\x00", "an answer of 65536 bytes; 16384 are taken"),
    ],
)
def test_what_it_brings_back_is_judged_as_any_answer(line: Any, answer: bytes, why: str) -> None:
    said, kept, _ = line(LineServer(lambda _: answer), 1)
    assert why in said
    assert kept == 1


def test_a_configuration_knows_the_schemes_that_are_registered(
    micropython: Any, board_config: dict[str, Any]
) -> None:
    script = (
        SETUP
        + """
for url in ("line://host", "carrier-pigeon://host"):
    settings["gateway"]["url"] = url
    try:
        print(json.dumps(list(config.read(settings).gateway.url)))
    except ConfigError as error:
        print(json.dumps(str(error)))
"""
    )
    said = micropython(script, settings=board_config)
    assert said[0] == ["line", False, "host", 7000, "", "host"]
    assert "gateway.url has to begin with http:// or https:// or line://" in said[1]

"""An outbox on MicroPython's Unix port, what empties it, and servers for it that say any bytes."""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

from sealmote.crypto import Signer
from sealwire import message
from sealwire.keys import ES256
from sealwire.senml import Pack, Record

DEVICE = Signer.generate(ES256)

# An outbox in the host's folder, an uplink, and one batch at a time.
SETUP = """
import asyncio
from binascii import unhexlify
from mote.configuration import config
from mote.network.clock import Clock
from mote.errors import UplinkError
from mote.storage.outbox import Outbox
from mote.uplink.uplink import Uplink
from sealwire.errors import WireError

outbox = Outbox("outbox", 65536)
for sequence, sealed in enumerate(messages):
    outbox.append(1, sequence, unhexlify(sealed))
clock = Clock('127.0.0.1', 1)
uplink = Uplink(config.read(settings), outbox, clock)
def send():
    try:
        more = asyncio.run(uplink.send_batch())
        print(json.dumps([more, outbox.kept]))
    except (UplinkError, OSError) as error:
        print(json.dumps([str(error), outbox.kept]))
"""


# A clock that was set just now, and may be off by nothing.
SET = """
import time
clock.resume([int(time.time()) * 1000, 0, 100, None, 15000, []])
"""


def sealed(sequence: int) -> str:
    now = int(time.time())
    pack = Pack(now, [Record("t", "Cel", 2143, -2)])
    return message.seal(DEVICE, pack, 1, sequence, now).hex()


def sender(micropython: Any, board_config: dict[str, Any]) -> Any:
    """Return what sends ``times`` batches of an outbox of ``count`` messages, and tells what came."""

    def run(count: int = 3, times: int = 1, before: str = "", **changes: Any) -> list[Any]:
        settings = {key: dict(value) if isinstance(value, dict) else value
                    for key, value in board_config.items()}  # fmt: skip
        for key, value in changes.items():
            section, _, name = key.partition("_")
            settings[section][name] = value
        messages = [sealed(n) for n in range(count)]
        script = SETUP + before + "send()\n" * times
        said = micropython(script, settings=settings, messages=messages)
        return [line for line in said if isinstance(line, list)]

    return run


class RawServer:
    """Reads a request and says some bytes, or what ``answer`` makes of it; pauses after each, if told to.

    ``requests``: each one's head, and how many bytes of body it had.
    """

    def __init__(self, answer: bytes | Callable[[bytes], bytes], pause: float = 0) -> None:
        self.answer, self.pause = answer, pause
        self.requests: list[tuple[bytes, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.respond(await reader.readuntil(b"\r\n\r\n"), reader, writer)

    async def respond(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        body = await reader.readexactly(length(head))
        self.requests.append((head, len(body)))
        answer = self.answer if isinstance(self.answer, bytes) else self.answer(body)
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            for byte in answer if self.pause else ():
                writer.write(bytes([byte]))
                await asyncio.sleep(self.pause)
            if not self.pause:
                writer.write(answer)
            await writer.drain()

    async def during(self, work: Any) -> Any:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await asyncio.to_thread(work, port)


def length(head: bytes) -> int:
    found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    assert found
    return int(found[1])


def send_to(server: RawServer, send: Any, count: int = 1, times: int = 1, before: str = "") -> Any:
    return asyncio.run(
        server.during(
            lambda port: send(count, times, before, gateway_url=f"http://127.0.0.1:{port}")
        )
    )

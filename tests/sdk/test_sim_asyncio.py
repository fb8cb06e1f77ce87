"""asyncio on the board: MicroPython's own, over the simulator's tasks and clock."""

from pathlib import Path

import pytest

from sealmote.sim import Board, Network

PROGRAM = """
import asyncio

log = []

async def say(what, ms):
    await asyncio.sleep_ms(ms)
    log.append(what)
    return what

async def fail():
    await asyncio.sleep_ms(1)
    raise ValueError("no")

async def hold(lock, what):
    async with lock:
        log.append(what)
        await asyncio.sleep_ms(1)
        log.append(what)

async def main():
    print(await asyncio.gather(say("c", 30), say("a", 10), say("b", 20)), log)

    event, task = asyncio.Event(), asyncio.create_task(say("never", 10000))
    asyncio.create_task(say("event", 5))
    try:
        await asyncio.wait_for(event.wait(), 0.02)
    except asyncio.TimeoutError:
        print("timeout", log[-1])
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.done())

    waiting = asyncio.create_task(event.wait())
    await asyncio.sleep_ms(0)
    event.set()
    print(await waiting, waiting.done())

    try:
        await asyncio.create_task(fail())
    except ValueError as error:
        print(error)
    print(await asyncio.gather(fail(), say("d", 2), return_exceptions=True))

    del log[:]
    lock = asyncio.Lock()
    await asyncio.gather(hold(lock, 1), hold(lock, 2))
    print(log)

    inner = asyncio.create_task(say("inner", 1000))
    async def outer():
        await inner
    waiter = asyncio.create_task(outer())
    await asyncio.sleep_ms(1)
    waiter.cancel()
    await asyncio.sleep_ms(1)
    print(inner.done(), waiter.done())
    try:
        asyncio.current_task().cancel()
    except RuntimeError as error:
        print(error)

asyncio.run(main())
"""


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board", wifi=[Network("home")], join_ms=1)


def test_tasks_events_locks_and_cancelling(board: Board) -> None:
    assert board.exec(PROGRAM).splitlines() == [
        "['c', 'a', 'b'] ['a', 'b', 'c']",
        "timeout event",
        "cancelled True",
        "True True",
        "no",
        "[ValueError('no',), 'd']",
        "[1, 1, 2, 2]",
        "True True",
        "can't cancel self",
    ]


def test_an_exception_that_nobody_awaits_reaches_the_handler(board: Board) -> None:
    found = board.exec(
        """
import asyncio
async def fail():
    raise ValueError("lost")
async def main():
    asyncio.get_event_loop().set_exception_handler(lambda _, context: print(context["exception"]))
    asyncio.create_task(fail())
    await asyncio.sleep_ms(5)
asyncio.run(main())
"""
    )
    assert found.strip() == "lost"


def test_streams_over_real_sockets(board: Board) -> None:
    found = board.exec(
        """
import asyncio, network, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.connect("home")
while not station.isconnected():
    time.sleep_ms(1)

async def serve(reader, writer):
    line = await reader.readline()
    writer.write(line.upper())
    await writer.drain()
    writer.close()

async def main():
    for port in range(40000, 40100):
        try:
            await asyncio.start_server(serve, "127.0.0.1", port)
            break
        except OSError:
            continue
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello\\n")
    await writer.drain()
    print(await reader.readline())
    writer.close()

asyncio.run(main())
"""
    )
    assert found.strip() == "b'HELLO\\n'"

"""A gateway whose parts fail: it says so, promises nothing that it cannot keep, or ends."""

import asyncio
import logging
import multiprocessing
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.crypto import Signer
from sealmote.gateway import Gateway
from sealmote.gateway.publishing.publisher import Publisher
from sealmote.gateway.run import run
from sealmote.gateway.store import Store
from sealmote.gateway.supervisor import MOST_STARTS, Supervisor
from sealwire import ack
from sealwire.keys import ES256


def post(live: Any, body: bytes) -> Any:
    return live.request("POST", "/v1/readings", body, Content_Type="application/cose")


def test_nothing_is_promised_while_the_head_cannot_be_written(
    directory: Path, make_live: Any, make_board: Any, obstacle: Path
) -> None:
    live, board = make_live(directory), make_board()
    live.gateway.add_device(board.signer.public, unproven=True)
    promised = live.opened(post(live, board.seal(0)))
    live.wait(lambda: live.get("/v1/status").json["halted"] is not None)
    for _ in range(3):
        refused = post(live, board.seal(1))
        assert refused.status == 503
        assert "head cannot be published: Is a directory" in refused.json["detail"]
        assert int(refused.headers["Retry-After"]) > 0
    assert live.get("/v1/status").json["size"] == 1
    obstacle.rmdir()
    live.wait(lambda: post(live, board.seal(1)).status == 200)
    live.wait_published(2)
    assert live.get("/v1/status").json["halted"] is None
    assert promised.outcomes[0].result == ack.ACCEPTED


def test_a_log_handler_that_raises_does_not_end_the_publisher(
    directory: Path, make_live: Any, make_board: Any, obstacle: Path
) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(24, "Too many open files")

    logger, broken = logging.getLogger("sealmote"), Broken()
    logger.addHandler(broken)
    try:
        live, board = make_live(directory), make_board()
        live.gateway.add_device(board.signer.public, unproven=True)
        post(live, board.seal(0))
        live.wait(lambda: live.get("/v1/status").json["halted"] is not None)
        obstacle.rmdir()
        live.wait_published(1)
    finally:
        logger.removeHandler(broken)


def test_a_head_that_is_being_written_for_ever_stops_promises(tmp_path: Path) -> None:
    """The step that has begun does not end: nothing failed, and yet no promise can be kept."""
    now = [0.0]
    signer = Signer.generate(ES256)
    with Gateway.create(tmp_path / "gateway", "sealmote.example/test") as gateway:
        publisher = Publisher(
            gateway._store, "o", signer, tmp_path / "head", lambda: 0.0, lambda: now[0]
        )
        assert publisher.doubt(within_s=50.0) is None
        now[0] = 51.0
        assert "no head of the log has been published for 51 s" in str(publisher.doubt(50.0))


def test_a_task_that_ends_is_started_again_and_ends_the_service_when_it_will_not_stay(
    caplog: pytest.LogCaptureFixture,
) -> None:
    starts = []

    async def flimsy() -> None:
        starts.append(1)
        raise KeyError("what nobody thought of")

    async def watch() -> str:
        watched = Supervisor(asyncio.Event(), pause_s=0.0)
        watched.keep("the publisher", flimsy)
        return await asyncio.wait_for(watched.failure(), PATIENCE_S)

    why = asyncio.run(watch())
    assert len(starts) == MOST_STARTS
    assert "the publisher ended 5 times" in why
    assert "KeyError" in why
    assert [record.levelname for record in caplog.records] == ["CRITICAL"] * 2  # not one for each


def test_a_task_that_stays_after_a_fault_goes_on() -> None:
    async def watch() -> tuple[int, str | None]:
        stopping, starts = asyncio.Event(), 0
        stands = asyncio.Event()

        async def once_flimsy() -> None:
            nonlocal starts
            starts += 1
            if starts == 1:
                return  # an end without an error is one too
            stands.set()
            await stopping.wait()

        watched = Supervisor(stopping, pause_s=0.0)
        watched.keep("the anchorer", once_flimsy)
        await asyncio.wait_for(stands.wait(), PATIENCE_S)
        stopping.set()
        await watched.stop(PATIENCE_S)
        return starts, watched.failed

    assert asyncio.run(watch()) == (2, None)


class Ending(BaseException):
    """What no code awaits."""


def end_writer(store: Store) -> Any:
    def ending(_connection: Any) -> None:
        raise Ending("out of the blue")

    return store.write(ending)


def test_a_writer_that_ended_answers_everyone_and_takes_nothing(directory: Path) -> None:
    gateway = Gateway.open(directory)
    with pytest.raises(Ending):
        end_writer(gateway._store).result(PATIENCE_S)
    gateway._store._writer._thread.join(PATIENCE_S)
    with pytest.raises(Exception, match="the writer ended with Ending"):
        gateway.add_device(Signer.generate(ES256).public, unproven=True)
    gateway.close()


def test_a_job_that_fails_unforeseen_takes_no_other_with_it(directory: Path) -> None:
    def wrong(_connection: Any) -> None:
        raise KeyError("wrong")

    with Gateway.open(directory) as gateway:
        key = Signer.generate(ES256).public
        failed = gateway._store.write(wrong)
        gateway.add_device(key, unproven=True)
        with pytest.raises(KeyError):
            failed.result(PATIENCE_S)
        assert len(gateway.list_devices()) == 1


def serve_and_break(directory: Path, started: Connection) -> None:
    gateway = Gateway.open(directory)

    def on_started(url: str) -> None:
        end_writer(gateway._store)
        started.send(url)

    run(gateway, port=0, on_started=on_started)


@pytest.mark.skipif(sys.platform == "win32", reason="exit codes of signals are POSIX")
def test_a_service_that_cannot_go_on_ends_its_process_with_an_error(directory: Path) -> None:
    started, theirs = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve_and_break, args=(directory, theirs))
    process.start()
    try:
        assert started.poll(PATIENCE_S)
        process.join(PATIENCE_S)
        assert process.exitcode == 1
    finally:
        process.kill()
        process.join()

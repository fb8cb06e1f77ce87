"""JSON-RPC server of an embedded chain: HTTP POST on one address.

The server has no keys and signs nothing. It is bound to this machine by default: behind it stands a
chain that anyone who reaches it may use, with accounts whose keys are published.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import web

from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.rpc import INTERNAL, INVALID_REQUEST, PARSE_ERROR, Rpc, failure
from sealmote.chain.embedded.views import Json
from sealmote.chain.errors import ChainError
from sealmote.common import listen_errors
from sealmote.common.fault_log import FaultLog

MAX_REQUEST = 512 * 1024  # bytes: a transaction with a contract, with room
MAX_BATCH = 100  # requests in one

_START_TIMEOUT_S = 10
_STOP_TIMEOUT_S = 5  # for requests that are being answered
_T = TypeVar("_T")


class ServeError(ChainError):
    """An address that cannot be listened on."""


def application(chain: EmbeddedChain) -> web.Application:
    """Return the server as an aiohttp application, to be run by whoever has a loop."""
    rpc, faults = Rpc(chain), FaultLog(logging.getLogger(__name__))

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()  # 413 beyond client_max_size
        # The chain blocks while it computes and waits for the disk: not on the loop.
        try:
            found = await asyncio.to_thread(_answer, rpc, body)
        except Exception as error:  # noqa: BLE001  # whatever it was, the caller gets an answer
            faults.report("the chain failed on a request", error=error)
            found = failure(None, INTERNAL, "the chain failed on this request: see its log")
        return web.json_response(found, headers={"Server": "sealmote"})

    app = web.Application(client_max_size=MAX_REQUEST)
    app.router.add_post("/", answer)
    return app


@contextmanager
def serve(chain: EmbeddedChain, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve the chain from a thread of its own while the context lasts; yields its address.

    Port 0 takes a free one. Raises ServeError if the address cannot be listened on.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="chain-server", daemon=True)
    thread.start()
    runner = web.AppRunner(application(chain), access_log=None, shutdown_timeout=_STOP_TIMEOUT_S)
    try:
        yield _await(loop, _start(runner, host, port))
    finally:
        _await(loop, runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(runner: web.AppRunner, host: str, port: int) -> str:
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ServeError(listen_errors.explain(host, port, error)) from error
    bound = runner.addresses[0]
    return f"http://[{bound[0]}]:{bound[1]}" if ":" in bound[0] else f"http://{bound[0]}:{bound[1]}"


def _await(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, _T]) -> _T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(_START_TIMEOUT_S)


def _answer(rpc: Rpc, body: bytes) -> Json | list[Json]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return failure(None, PARSE_ERROR, "the body is not JSON")
    if not isinstance(request, list):
        return rpc.answer(request)
    if not 1 <= len(request) <= MAX_BATCH:
        return failure(None, INVALID_REQUEST, f"a batch holds 1 to {MAX_BATCH} requests")
    return [rpc.answer(one) for one in request]

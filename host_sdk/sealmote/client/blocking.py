"""The client without asyncio: each method runs that of `AsyncClient` to its end."""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sealmote.client.async_client import AsyncClient
from sealmote.client.transport import TIMEOUT_S

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    method: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]],
) -> "Callable[Concatenate[Client, P], T]":
    @functools.wraps(method)
    def blocking(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(method(self.asynchronous, *args, **kwargs))

    return blocking


def _iterating(
    method: Callable[Concatenate[AsyncClient, P], AsyncIterator[T]],
) -> "Callable[Concatenate[Client, P], Iterator[T]]":
    @functools.wraps(method)
    def iterating(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        found = method(self.asynchronous, *args, **kwargs)
        while True:
            try:
                yield self.run(_next(found))
            except StopAsyncIteration:
                return

    return iterating


async def _next(found: AsyncIterator[T]) -> T:
    return await anext(found)


def _is_in_coroutine() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Client:
    """Asks one gateway, without asyncio: `AsyncClient`, whose parameters and methods it has.

    From a coroutine use `AsyncClient` itself: this one runs a loop of its own, in the thread that asks.
    """

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S
    ):
        self.asynchronous = AsyncClient(url, tls=tls, timeout_s=timeout_s)
        self._runner = asyncio.Runner()

    @property
    def shown(self) -> str:
        """The gateway's address as it may be shown."""
        return self.asynchronous.shown

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that uses `asynchronous` to its end. RuntimeError from within another one."""
        if _is_in_coroutine():
            work.close()
            raise RuntimeError("Client blocks the event loop: use AsyncClient in a coroutine")
        return self._runner.run(work)

    def __enter__(self) -> Self:
        """Open it: connections are kept until the end of the with statement."""
        self.run(self.asynchronous.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        try:
            self.run(self.asynchronous.__aexit__(kind, error, trace))
        finally:
            self._runner.close()

    keys = _blocking(AsyncClient.keys)
    status = _blocking(AsyncClient.status)
    devices = _blocking(AsyncClient.devices)
    device = _blocking(AsyncClient.device)
    challenge = _blocking(AsyncClient.challenge)
    page = _blocking(AsyncClient.page)
    pages = _iterating(AsyncClient.pages)
    readings = _iterating(AsyncClient.readings)
    proof = _blocking(AsyncClient.proof)
    proof_of = _blocking(AsyncClient.proof_of)
    find_leaf = _blocking(AsyncClient.find_leaf)
    send = _blocking(AsyncClient.send)

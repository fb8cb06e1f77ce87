"""JSON-RPC 2.0 requests to a node behind one or more http(s) addresses, with retries."""

import random
import time
from collections.abc import Callable
from typing import Protocol

from sealmote.chain.errors import (
    NodeBusyError,
    NodeError,
    NodePageError,
    NodeReplyError,
    NodeUnreachableError,
    TargetError,
    WrongChainError,
)
from sealmote.chain.evm.rpc.endpoint import MAX_REPLY, Endpoint

__all__ = ["MAX_REPLY", "HttpNode", "Node"]

_ROUNDS = 6  # attempts at each address
_FIRST_PAUSE_S = 0.2  # doubled from round to round
_PATIENCE_S = 10.0  # for all pauses of one request: whoever stops a program waits for as long


class Node(Protocol):
    """Whoever answers requests."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def request(self, method: str, params: list[object]) -> object:
        """Return a request's result, any JSON value.

        Raises NodeUnreachableError, NodeReplyError for what is no answer, NodeRefusedError for an error.
        """

    def close(self) -> None:
        """Let go of what it holds."""


class HttpNode:
    """A chain behind one or more http(s) addresses: one is asked, and if it fails, the next.

    A request that gets no answer is sent again, up to six times to each address with growing pauses;
    so is one that was turned away because there is too much to do, once the node's Retry-After is
    over. Every request may be: a signed transaction counts once, however often it is sent.
    """

    def __init__(
        self,
        *addresses: str,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ):
        """Take the addresses; TargetError if one is none, or there is none. Nothing is sent yet."""
        if not addresses:
            raise TargetError("no address of a node: name one with --rpc")
        self._endpoints = [Endpoint(address, clock) for address in addresses]
        self._first = 0  # which one is asked first: the last that answered
        self._pause = pause
        self._chain_id: object = None
        self._checked: set[Endpoint] = set()

    @property
    def name(self) -> str:
        """The host that is asked first."""
        return self._endpoints[self._first].name

    def request(self, method: str, params: list[object]) -> object:
        """Return a request's result, from whichever address gives one."""
        paused = 0.0
        for number in range(_ROUNDS):
            try:
                return self._round(method, params)
            except (NodeUnreachableError, NodePageError):
                pause = _FIRST_PAUSE_S * 2**number * random.uniform(0.5, 1)  # noqa: S311  # spreads load
                pause = max(pause, min(endpoint.rest_s() for endpoint in self._endpoints))
                if number == _ROUNDS - 1 or paused + pause > _PATIENCE_S:
                    raise
            self._pause(pause)
            paused += pause
        raise AssertionError("the last round returns or raises")

    def close(self) -> None:
        """Nothing is held between requests."""

    def _round(self, method: str, params: list[object]) -> object:
        """Ask one address after the other, and return the result of the first that has one.

        Raises what the last one raised, preferably what can be asked again.
        """
        trouble: list[NodeError] = []
        count, first = len(self._endpoints), self._first
        for index in ((first + step) % count for step in range(count)):
            try:
                result = self._ask(self._endpoints[index], method, params)
            except (NodeUnreachableError, NodeReplyError) as error:
                trouble.append(error)
            else:
                self._first = index
                return result
        again = [one for one in trouble if isinstance(one, NodeUnreachableError | NodePageError)]
        raise (again or trouble)[-1]

    def _ask(self, endpoint: Endpoint, method: str, params: list[object]) -> object:
        if rest := endpoint.rest_s():
            raise NodeBusyError(
                f"{endpoint.name} asked not to be asked for another {rest:.0f} s: wait, or name"
                " further nodes"
            )
        if len(self._endpoints) > 1 and endpoint not in self._checked:
            self._check_chain(endpoint)
        return endpoint.request(method, params)

    def _check_chain(self, endpoint: Endpoint) -> None:
        """See that all addresses are of one chain, each once, before it is asked for more."""
        chain_id = endpoint.request("eth_chainId", [])
        if self._chain_id is None:
            self._chain_id = chain_id
        if chain_id != self._chain_id:
            raise WrongChainError(
                f"{endpoint.name} is on another chain than {self.name}: name nodes of one chain"
            )
        self._checked.add(endpoint)

"""A contract at an address: its functions called or sent to, its events found."""

from dataclasses import dataclass
from typing import Any

from sealmote.chain.abi import Contract
from sealmote.chain.api import Api, Log, Receipt
from sealmote.chain.errors import NodeReplyError
from sealmote.chain.sender import Sender

_LOG_RANGE = 2000  # blocks asked for at once: what public nodes allow


@dataclass(frozen=True)
class BoundContract:
    """A contract at an address (20 bytes) that was made in or after the block `first`."""

    contract: Contract
    address: bytes
    first: int
    api: Api
    sender: Sender

    def call(self, name: str, *arguments: object) -> tuple[Any, ...]:
        """Call a function on the newest state and return its outputs. Raises RevertedError."""
        function = self.contract.functions[name]
        output = self.sender.call(self.address, function.encode(arguments))
        try:
            return function.decode(output)
        except ValueError as error:
            raise NodeReplyError(
                f"{self.api.node.name} answered a call of {name} wrongly ({error}):"
                " use another node"
            ) from error

    def send(self, name: str, *arguments: object) -> Receipt:
        """Send a transaction to a function and wait until it is mined."""
        return self.sender.send(self.address, self.contract.functions[name].encode(arguments))

    def newest_event(self, name: str, *indexed: bytes) -> Log | None:
        """Return the newest event with these indexed values (32 bytes each), None if none is known."""
        topics = [self.contract.events[name].topic, *indexed]
        last = self.api.head().number
        while last >= self.first:
            start = max(self.first, last - _LOG_RANGE + 1)
            if found := self.api.logs(self.address, topics, start, last):
                return found[-1]
            last = start - 1
        return None

"""Contract at an address: call its functions, send to them, find its events."""

from dataclasses import dataclass
from typing import Any

from sealmote.chain.errors import NodeRefusedError, NodeReplyError
from sealmote.chain.evm.contracts.abi import Contract
from sealmote.chain.evm.rpc.api import Api, Log, Receipt
from sealmote.chain.evm.transactions.sender import Sender

_LOG_RANGE = 2000  # blocks asked for at once, until a node refuses that many


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

    def event_of(self, block: int, name: str, *indexed: bytes) -> Log | None:
        """Return the newest event that the contract says it made in a block, None if none is known.

        One request for one block, which every node answers. A contract on some rollups counts the
        blocks of the chain below, and its event is searched for.
        """
        topics = [self.contract.events[name].topic, *indexed]
        found = self.api.logs(self.address, topics, block, block)
        return found[-1] if found else self.newest_event(name, *indexed)

    def newest_event(self, name: str, *indexed: bytes) -> Log | None:
        """Return the newest event with these indexed values (32 bytes each), None if none is known.

        It searches history from its end: nodes bound the range of one request, each its own way and
        in its own words, so a range that is refused is halved, down to one block.
        """
        topics = [self.contract.events[name].topic, *indexed]
        last, span = self.api.newest_block().number, _LOG_RANGE
        while last >= self.first:
            start = max(self.first, last - span + 1)
            try:
                found = self.api.logs(self.address, topics, start, last)
            except NodeRefusedError:
                if start == last:
                    raise
                span = (last - start + 1) // 2
                continue
            if found:
                return found[-1]
            last = start - 1
        return None

"""An embedded chain as a node of JSON-RPC 2.0, without a network."""

from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.rpc import Rpc
from sealmote.chain.evm.rpc.endpoint import result_of


class EmbeddedNode:
    """A chain in this process. It is closed with the node if it is `owned`."""

    def __init__(self, chain: EmbeddedChain, *, owned: bool = False):
        self.name = f"embedded chain {chain.path}"
        self._chain = chain
        self._rpc = Rpc(chain)
        self._owned = owned

    def request(self, method: str, params: list[object]) -> object:
        """Return a request's result."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return result_of(self._rpc.answer(request), self.name, method)

    def close(self) -> None:
        """Close the chain if this node opened it."""
        if self._owned:
            self._chain.close()

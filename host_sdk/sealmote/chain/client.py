"""What Sealmote does on a chain: register devices, open logs, anchor their heads, prove readings.

    with connect("http://127.0.0.1:8545", Account.load(Path("account.key"))) as chain:
        chain.use(Deployment.load(Path("deployment.json")))
        chain.anchor("sealmote.example/demo", 128, root)

The same client works on an embedded chain ("embedded:PATH") and on any node with JSON-RPC. What it
sends, it waits for; what it returns stands in a block. A block can still be replaced by the chain until
it is final: whoever needs more asks again later.
"""

from sealmote.chain.account import Account
from sealmote.chain.devices import Devices
from sealmote.chain.logs import Logs
from sealmote.chain.node import open_node
from sealmote.chain.session import TIMEOUT_S


class ChainClient(Devices, Logs):
    """One account's devices and logs on a chain. Any thread may use it."""


def connect(
    target: str, account: Account | None = None, timeout_s: float = TIMEOUT_S
) -> ChainClient:
    """Connect to "embedded:PATH" or to the http(s) address of a node.

    Without an account the client reads only. `timeout_s` is how long it waits for a transaction.
    """
    node = open_node(target)
    try:
        return ChainClient(node, account, timeout_s)
    except BaseException:
        node.close()
        raise

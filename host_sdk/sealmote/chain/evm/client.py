"""Client of an EVM chain: register devices, open logs, anchor checkpoints, prove readings.

    with connect("http://127.0.0.1:8545", Account.load(Path("account.key"))) as chain:
        chain.use(Deployment.load(Path("deployment.json")))
        chain.anchor("sealmote.example/demo", 128, root)

The same client works on an embedded chain ("embedded:PATH") and on any node with JSON-RPC. What it
sends, it waits for; what it returns stands in a block. A block can still be replaced by the chain until
it is final: whoever needs more asks again later.
"""

from sealmote.chain.evm.deploy import Deploying
from sealmote.chain.evm.devices import Devices
from sealmote.chain.evm.logs import Logs
from sealmote.chain.evm.rpc.targets import Targets, open_node
from sealmote.chain.evm.session import TIMEOUT_S
from sealmote.chain.evm.transactions.account import Account


class ChainClient(Devices, Logs, Deploying):
    """One account's devices and logs on a chain. Any thread may use it."""


def connect(
    target: Targets, account: Account | None = None, timeout_s: float = TIMEOUT_S
) -> ChainClient:
    """Connect to "embedded:PATH", or to the http(s) address of a node, or of several of one chain.

    Without an account the client reads only. `timeout_s` is how long it waits for a transaction.
    """
    client = ChainClient(open_node(target), account, timeout_s)
    try:
        _ = client.chain_id  # whoever connects wants to know whether there is a chain
    except BaseException:
        client.close()
        raise
    return client

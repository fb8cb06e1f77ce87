"""What the contracts cost: gas of whole transactions, as JSON.

    python tools/bench/gas.py                          # on a throw-away embedded chain
    python tools/bench/gas.py http://127.0.0.1:8545    # on a node; the key is in SEALMOTE_ACCOUNT_KEY

Proving is a view and costs nothing off chain; its figure is that of a transaction which does it.
"""

import argparse
import hashlib
import json
import secrets
import sys
import tempfile
from pathlib import Path

from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import Account, dev_account
from sealmote.crypto import Signer
from sealmote.log.merkle import node_hash
from sealwire import cose, message, registration
from sealwire.keys import ALGORITHM_NAMES, ES256, ES256K
from sealwire.senml import Pack, Record

DEPTH = 20
NOW = 1_800_000_000


def main() -> None:
    """Measure on the chain that the command line names, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("node", nargs="?", help="http(s) address of a node")
    node = parser.parse_args().node
    with tempfile.TemporaryDirectory() as folder:
        target = node or f"embedded:{Path(folder) / 'chain.db'}"
        account = Account.from_environment("SEALMOTE_ACCOUNT_KEY") if node else dev_account()
        with connect(target, account) as chain:
            json.dump(measure(chain), sys.stdout, indent=1)
    print()


def measure(chain: ChainClient) -> dict[str, int]:
    """Return gas by what it was used for."""
    chain.deploy()
    gas = {}
    for number, alg in enumerate((ES256, ES256K)):
        name, key = ALGORITHM_NAMES[alg].lower(), Signer.generate(alg)
        sealed = registration.seal(key, chain.registration_terms(key.public))
        gas[f"register_{name}"] = used(chain, chain.register_device(key.public, sealed).tx_hash)
        origin = f"sealmote.example/{secrets.token_hex(4)}"
        gas["open_log"] = used(chain, chain.open_log(origin, Signer.generate(ES256)).tx_hash)
        chain.anchor(
            origin, number + 1, secrets.token_bytes(32)
        )  # the first one writes a fresh size
        gas |= prove(chain, origin, key, f"prove_reading_{name}_depth_{DEPTH}")
    return gas


def prove(chain: ChainClient, origin: str, key: Signer, name: str) -> dict[str, int]:
    """Anchor a tree of 2**DEPTH leaves, prove its first one, and return what both took."""
    records = [
        Record("t", "Cel", 2150, -2),
        Record("h", "%RH", 4100, -2),
        Record("p", "Pa", 100653),
    ]
    sealed = message.seal(key, Pack(NOW, records), 1, 1, NOW)
    path = [secrets.token_bytes(32) for _ in range(DEPTH)]
    root = cose.leaf_hash(sealed)
    for sibling in path:
        root = node_hash(root, sibling)
    anchored = chain.anchor(origin, 2**DEPTH, root)
    device, parts = key.public.thumbprint(), cose.parse(sealed, len(sealed))
    assert chain.prove_reading(origin, device, sealed, 0, 2**DEPTH, path) == chain.address
    log_id = hashlib.sha256(origin.encode()).digest()
    signed = (parts.protected, parts.payload, parts.signature[:32], parts.signature[32:])
    proven = chain.log_anchor.send("prove_reading", log_id, device, *signed, 0, 2**DEPTH, path)
    return {"anchor": used(chain, anchored.tx_hash), name: proven.gas_used}


def used(chain: ChainClient, tx_hash: bytes) -> int:
    """Return the gas of a mined transaction."""
    receipt = chain.api.receipt(tx_hash)
    assert receipt is not None
    return receipt.gas_used


if __name__ == "__main__":
    main()

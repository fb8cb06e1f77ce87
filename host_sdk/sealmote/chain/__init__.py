"""Chains: what gateway, registration and verifier need of one, and each kind of chain as a folder.

    protocols   what a chain has to do
    evm/        any EVM chain with JSON-RPC: contracts, transactions, a client
    embedded/   an EVM chain in this process

from sealmote.chain.evm.transactions.account import dev_account
from sealmote.chain.evm.client import connect

with connect("embedded:chain.db", dev_account()) as chain:
    chain.deploy(Path("deployment.json"))
"""

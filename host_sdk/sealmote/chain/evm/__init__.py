"""Client for EVM chains: contracts, ABI, JSON-RPC, fees, transactions.

client       connect to a chain: devices, logs, deployment for one account
account      accounts and their key files
deployment   the file that says where the contracts stand
node         JSON-RPC over one or more addresses
"""

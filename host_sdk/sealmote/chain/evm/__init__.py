"""Client for EVM chains.

client        connect to a chain: session, devices, logs and deployment of one account
connection    the same for who knows a chain by its protocols alone
claim         what a proof says of an anchor
contracts/    registry and anchor contract
transactions/ accounts, fees, sending
rpc/          JSON-RPC to nodes
encoding/     ABI values, hexadecimal, Keccak-256
"""

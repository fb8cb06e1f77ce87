"""EVM chain in this process: py-evm over one SQLite file, and a JSON-RPC server for it."""

"""Encodings of EVM chains: contract ABI values, hexadecimal, Keccak-256."""

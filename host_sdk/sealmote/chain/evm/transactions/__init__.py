"""Transactions: accounts, fees, signing, sending until one stands in a block."""

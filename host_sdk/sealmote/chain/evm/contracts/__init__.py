"""Registry and anchor contracts: Vyper sources, compiled artifacts, their ABI, where they are deployed."""

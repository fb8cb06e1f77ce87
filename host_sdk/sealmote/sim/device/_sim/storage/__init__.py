"""Simulated flash chip and its partitions."""

"""Answers computed from the log: accounts of devices, derived times, proofs of leaves."""

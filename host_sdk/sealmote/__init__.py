"""Sealmote on the host: boards, gateway, log, chain and proofs."""

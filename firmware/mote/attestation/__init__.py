"""Attestation: the board's key, native signing, and signed statements about itself."""

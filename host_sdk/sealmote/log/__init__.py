"""Transparency log: an append-only Merkle tree, its tiles, checkpoints and receipts.

    merkle      hashes, inclusion paths and consistency proofs (RFC 9162 section 2.1)
    tiles       the tree and its entries as static files (C2SP tlog-tiles)
    note        text with signature lines below it (C2SP signed-note)
    checkpoint  the tree head, signed (C2SP tlog-checkpoint)
    receipt     one leaf's inclusion, signed (RFC 9942)
    explain     receipts and checkpoints, field by field

Nothing here reads a disk or a socket: callers bring and keep the bytes.
"""

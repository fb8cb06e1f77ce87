"""The Sealmote wire format, version 1 (docs/spec/wire.md): one source for board and host.

    cbor, heads, decoding, sequence    deterministic CBOR and its strict reading
    curves, points, nonce, ecdsa    ES256 and ES256K on built-in big integers
    fast                    the same in native code, on a board
    keys, cosekey           COSE_Key and thumbprints
    cose, header, envelope  COSE_Sign1 as one byte string
    senml, subset, packing, statement, claims    what devices say
    message, sealer, shapes    a device's sealed message
    ack, outcome, reply, registration, evidence    what gateways and keys sign besides

Imports nothing but builtins, hashlib and its own modules.
"""

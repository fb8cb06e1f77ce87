"""Answers requests on standard input, one a line, so that one process judges many inputs.

Runs on CPython and MicroPython; the answers have to be the same on both.

    codec HEX              the re-encoding of a CBOR item
    sequence HEX           the items of a CBOR sequence, separated by commas
    verify KEY HEX SIG     yes or no: whether KEY (a COSE_Key) signed the bytes
    sign ALG SECRET HEX    the signature
    message KEY HEX        yes: a message that parses whole, names KEY and is signed by it

A refusal is answered as "refused CODE". Any other exception ends the process.
"""

import sys

from sealwire import cbor, message, sequence
from sealwire.errors import BAD_SIGNATURE, UNKNOWN_DEVICE, WRONG_ALGORITHM, WireError
from sealwire.keys import PublicKey, SecretKey


def codec(data):
    return cbor.encode(cbor.decode(bytes.fromhex(data))).hex()


def split(data):
    return ",".join([item.hex() for item in sequence.split_sequence(bytes.fromhex(data), 64)])


def verify(key, data, signature):
    public = PublicKey.parse(bytes.fromhex(key))
    signed = public.verify(bytes.fromhex(data), bytes.fromhex(signature))
    return "yes" if signed else "no"


def sign(alg, secret, data):
    return SecretKey(int(alg), bytes.fromhex(secret)).sign(bytes.fromhex(data)).hex()


def check_message(key, data):
    public = PublicKey.parse(bytes.fromhex(key))
    parsed = message.parse(bytes.fromhex(data))
    if parsed.header.kid != public.kid():
        raise WireError(UNKNOWN_DEVICE, "another key's hint")
    if parsed.header.alg != public.alg:
        raise WireError(WRONG_ALGORITHM, "another algorithm")
    if not public.verify(parsed.sign1.sig_structure(), parsed.sign1.signature):
        raise WireError(BAD_SIGNATURE, "another signer")
    return "yes"


REQUESTS = {
    "codec": codec,
    "sequence": split,
    "verify": verify,
    "sign": sign,
    "message": check_message,
}

for line in sys.stdin:
    # Split at single spaces: an empty string is an argument too.
    name, *arguments = line.rstrip("\n").split(" ")
    try:
        print(REQUESTS[name](*arguments))
    except WireError as error:
        print("refused", error.code)

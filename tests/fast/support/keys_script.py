"""Keys of sealwire.keys before and after an engine computes for them; prints what differs, then "done"."""

import os

from sealwire import fast, keys

for alg in (keys.ES256, keys.ES256K):
    plain = keys.SecretKey(alg, b"\x11" * 32)
    message = b"a reading"
    signature = plain.sign(message)
    keys.use_engine(alg, fast.load(alg, os.urandom))
    native = keys.SecretKey(alg, b"\x11" * 32)
    if native.public != plain.public or native.public.cose() != plain.public.cose():
        print(alg, "another public key")
    if native.sign(message) != signature:
        print(alg, "another signature")
    if not native.public.verify(message, signature) or native.public.verify(b"other", signature):
        print(alg, "another verdict")
    for secret in (bytes(32), b"\xff" * 32, b"\x11" * 31):
        try:
            keys.SecretKey(alg, secret)
            print(alg, "took the secret", secret)
        except ValueError:
            continue
print("done")

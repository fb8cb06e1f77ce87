"""Compare random signatures of sealwire.fast with OpenSSL's, as many as wanted: the tests' long form.

    python tools/check_signer.py --count 100000

Each is signed on MicroPython with a random key and message, and must be OpenSSL's own signature, with
the lower s, byte for byte; one in ten is verified on MicroPython, and again with a bit flipped.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

ROOT = Path(__file__).resolve().parent.parent
RESPONDER = ROOT / "tests" / "fast" / "support" / "fast_responder.py"
INTERPRETER = [sys.executable, str(Path(sys.executable).with_name("micropython"))]
CURVES: dict[int, tuple[ec.EllipticCurve, int]] = {
    -7: (ec.SECP256R1(), 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
    -47: (ec.SECP256K1(), 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141),
}
DETERMINISTIC = ec.ECDSA(Prehashed(hashes.SHA256()), deterministic_signing=True)
BATCH = 5000


def ask(requests: list[str]) -> list[str]:
    """Return the answers of tests/fast/support/fast_responder.py."""
    done = subprocess.run(
        [*INTERPRETER, str(RESPONDER)],
        env={**os.environ, "MICROPYPATH": str(ROOT / "firmware")},
        input="".join(f"{request}\n" for request in requests),
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()


def check(alg: int, count: int) -> int:
    """Return how many of so many random signatures, or verdicts on them, are wrong."""
    curve, n = CURVES[alg]
    asked, expected = [], []
    for i in range(count):
        secret = int.from_bytes(os.urandom(32), "big") % (n - 1) + 1
        digest = os.urandom(32)
        key = ec.derive_private_key(secret, curve)
        r, s = decode_dss_signature(key.sign(digest, DETERMINISTIC))
        signature = f"{r:064x}{min(s, n - s):064x}"
        asked.append(f"sign {alg} {secret:064x} {digest.hex()}")
        expected.append(signature)
        if i % 10 == 0:
            numbers = key.public_key().public_numbers()
            start = f"verify {alg} {numbers.x:064x} {numbers.y:064x} {digest.hex()}"
            flipped = int(signature, 16) ^ 1 << int.from_bytes(os.urandom(2), "big") % 512
            asked += [f"{start} {signature}", f"{start} {flipped:0128x}"]
            expected += ["yes", "no"]
    return sum(a != b for a, b in zip(ask(asked), expected, strict=True))


def main() -> int:
    """Return 1 if any was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000, help="signatures, of both algorithms")
    options = parser.parse_args()
    wrong = 0
    for alg in CURVES:
        left = options.count // len(CURVES)
        while left:
            batch = min(left, BATCH)
            wrong += check(alg, batch)
            left -= batch
            print(f"algorithm {alg}: {left} to go, {wrong} wrong", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())

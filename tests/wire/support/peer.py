"""Judges messages with another project's COSE library, in that library's own environment.

peer.py pycose|cwt reads "KEY MESSAGE" lines (hex) and answers each with yes or no. Any exception of the
library counts as no: what it raises for bytes that it refuses is its own affair.
"""

import sys


def pycose(key: bytes, message: bytes) -> bool:
    from pycose.keys import CoseKey
    from pycose.messages import CoseMessage

    decoded = CoseMessage.decode(message)
    decoded.key = CoseKey.decode(key)
    return bool(decoded.verify_signature())


def cwt(key: bytes, message: bytes) -> bool:
    from cwt import COSE, COSEKey

    COSE.new().decode(message, COSEKey.from_bytes(key))  # raises unless the signature verifies
    return True


judge = {"pycose": pycose, "cwt": cwt}[sys.argv[1]]
for line in sys.stdin:
    key, message = line.split()
    try:
        accepted = judge(bytes.fromhex(key), bytes.fromhex(message))
    except ImportError:
        raise
    except Exception:  # noqa: BLE001  see above
        accepted = False
    print("yes" if accepted else "no")

"""Refusal report: acknowledgements that refused, printed for a host over the REPL, a JSON object a line.

    from mote.attestation import refusal_report; refusal_report.report()

    {"origin", "key"}               the gateway's that the board is set up for, "" where it is not
    {"refusal", "runs", "message"}  SHA-256 of an acknowledgement, what it refused as [boot, first, last,
                                    code] as far as that is still to be stated, and its bytes, in hex;
                                    "" for those of which the hash alone was kept
    {"end": how many came before}

Nothing is changed by it, and nothing of the configuration is told but what is public.
"""

import errno
import json
from binascii import hexlify

from mote.configuration import config
from mote.errors import ConfigError
from mote.storage import delivery_record, kept_refusals
from mote.storage.outbox import PATH, RECORD, REFUSALS
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.storage.delivery_record import Range


def report() -> None:
    """Print them all."""
    print(json.dumps(_gateway()))
    path = PATH + "/" + REFUSALS
    ranges = _ranges()
    kept = kept_refusals.entries(path)
    for digest, at, length in kept:
        _begin(digest, ranges)
        with open(path, "rb") as file:
            for chunk in kept_refusals.chunks(file, at, length):
                print(_hex(chunk), end="")
        print('"}')
    known = [entry[0] for entry in kept]
    others = sorted({entry[4] for entry in ranges if entry[4] and entry[4] not in known})
    for digest in others:
        _begin(digest, ranges)
        print('"}')
    print(json.dumps({"end": len(kept) + len(others)}))


def _begin(digest: bytes, ranges: "list[Range]") -> None:
    """Print an object up to its message."""
    refused = [entry[:4] for entry in ranges if entry[4] == digest]
    print(
        '{"refusal": "%s", "runs": %s, "message": "' % (_hex(digest), json.dumps(refused)), end=""
    )


def _gateway() -> dict[str, str]:
    try:
        gateway = config.load().gateway
    except ConfigError:  # what the board kept is there all the same
        return {"origin": "", "key": ""}
    return {"origin": gateway.origin, "key": _hex(gateway.key.cose())}


def _ranges() -> "list[Range]":
    try:
        with open(PATH + "/" + RECORD, "rb") as file:
            said = delivery_record.parse(file.read())
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return []
    return said[3] if said else []


def _hex(data: bytes) -> str:
    return hexlify(data).decode()

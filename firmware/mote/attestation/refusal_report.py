"""What a host calls over the REPL for the acknowledgements that refused: each line is a JSON object.

    from mote.attestation import refusal_report; refusal_report.tell()

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
from mote.storage import flash_journal, kept_refusals
from mote.storage.outbox import JOURNAL, PATH, REFUSALS
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.storage.flash_journal import Run


def tell() -> None:
    """Print them all."""
    print(json.dumps(_gateway()))
    path = PATH + "/" + REFUSALS
    runs = _runs()
    kept = kept_refusals.entries(path)
    for digest, at, length in kept:
        _begin(digest, runs)
        with open(path, "rb") as file:
            for chunk in kept_refusals.chunks(file, at, length):
                print(_hex(chunk), end="")
        print('"}')
    known = [entry[0] for entry in kept]
    others = sorted({run[4] for run in runs if run[4] and run[4] not in known})
    for digest in others:
        _begin(digest, runs)
        print('"}')
    print(json.dumps({"end": len(kept) + len(others)}))


def _begin(digest: bytes, runs: "list[Run]") -> None:
    """Print an object up to its message."""
    refused = [run[:4] for run in runs if run[4] == digest]
    print(
        '{"refusal": "%s", "runs": %s, "message": "' % (_hex(digest), json.dumps(refused)), end=""
    )


def _gateway() -> dict[str, str]:
    try:
        gateway = config.load().gateway
    except ConfigError:  # what the board kept is there all the same
        return {"origin": "", "key": ""}
    return {"origin": gateway.origin, "key": _hex(gateway.key.cose())}


def _runs() -> "list[Run]":
    try:
        with open(PATH + "/" + JOURNAL, "rb") as file:
            said = flash_journal.parse(file.read())
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return []
    return said[3] if said else []


def _hex(data: bytes) -> str:
    return hexlify(data).decode()

"""The board's key, read out of its flash by other code than the board's own (mote.storage.slots)."""

from pathlib import Path

from sealmote import trial_record
from sealmote.crypto import Signer
from sealmote.sim.storage import partitions
from sealwire import cbor
from sealwire.keys import PublicKey


def stored_key(flash: Path) -> PublicKey | None:
    """Return the public half of the key in the newest sound record, None without one."""
    region = partitions.partition("identity")
    with flash.open("rb") as file:
        file.seek(region.address)
        data = file.read(region.size)
    record = trial_record.newest(data)
    if record is None:
        return None
    fields = cbor.decode(record)
    assert isinstance(fields, list)
    return Signer(fields[1], fields[2]).public

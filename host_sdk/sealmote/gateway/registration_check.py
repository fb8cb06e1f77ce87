"""Registration check: a key is added only with its own signature over its terms, or vouched for."""

from sealmote.gateway.errors import DeviceError
from sealwire import registration
from sealwire.errors import WireError
from sealwire.keys import PublicKey

NO_OWNER = NO_CONTRACT = bytes(20)


def check_registration(
    key: PublicKey, owner: bytes | None, message: bytes | None, now: int, *, unproven: bool
) -> bytes | None:
    """Return the owner under whom the key may be added; DeviceError says why it may not.

    `message` is the key's own signature over its terms. Without one the caller has to vouch for
    the key by `unproven`. Terms for no chain (chain id 0) hold until their deadline; terms for a
    chain were checked by its registry, whose time counts.
    """
    if message is None:
        if not unproven:
            raise DeviceError(
                "the key's own registration message is missing: have the board sign one, or say"
                " `--unproven` (from Python, `unproven`) if you know by other means whose key this is"
            )
        return owner
    try:
        terms = registration.open_terms(message, key)
    except WireError as error:
        raise DeviceError(
            f"the registration message is not by this key: {error}; have the board sign again"
        ) from error
    if owner is not None and owner != terms.owner:
        raise DeviceError(
            f"the key consented to owner 0x{terms.owner.hex()}, not 0x{owner.hex()}:"
            " name that owner, or have the board sign again"
        )
    if terms.chain_id == 0 and (terms.contract != NO_CONTRACT or terms.nonce != 0):
        raise DeviceError(
            "the registration message names no chain, and yet a contract or a nonce:"
            " have the board sign terms with neither, or with the chain's number"
        )
    if terms.chain_id == 0 and terms.deadline < now:
        raise DeviceError(
            f"the registration message was good until {terms.deadline} (Unix seconds), it is {now}:"
            " have the board sign again"
        )
    return None if terms.owner == NO_OWNER else terms.owner

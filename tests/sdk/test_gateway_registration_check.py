"""Which registration messages a gateway takes from a key's owner."""

import pytest

from sealmote.crypto import Signer
from sealmote.gateway.errors import DeviceError
from sealmote.gateway.registration_check import check_registration
from sealwire.registration import Terms, seal

NOW = 1_763_000_000
OWNER = b"\x22" * 20
KEY = Signer.generate(-7)


def check(terms: Terms) -> bytes | None:
    return check_registration(KEY.public, None, seal(KEY, terms), NOW, unproven=False)


def test_terms_for_no_chain_hold_until_their_deadline() -> None:
    assert check(Terms(0, bytes(20), OWNER, 0, NOW)) == OWNER
    with pytest.raises(DeviceError, match="was good until"):
        check(Terms(0, bytes(20), OWNER, 0, NOW - 1))


@pytest.mark.parametrize(("contract", "nonce"), [(b"\x11" * 20, 0), (bytes(20), 7)])
def test_terms_for_no_chain_name_no_contract_and_no_nonce(contract: bytes, nonce: int) -> None:
    with pytest.raises(DeviceError, match="names no chain"):
        check(Terms(0, contract, OWNER, nonce, NOW))


def test_terms_by_another_key_are_refused() -> None:
    message = seal(Signer.generate(-7), Terms(0, bytes(20), OWNER, 0, NOW))
    with pytest.raises(DeviceError, match="not by this key"):
        check_registration(KEY.public, None, message, NOW, unproven=False)

"""The key and its counters: no (boot, sequence) twice, no secret out."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mote.attestation import identity as module
from mote.attestation.identity import Identity, open_or_create
from mote.errors import IdentityError
from mote.storage.slots import Slots
from sealmote import crypto
from sealwire import message, registration
from sealwire.keys import ES256, ES256K
from sealwire.senml import Pack, Record

BLOCK = 4096
READING = Pack(1_800_000_000, [Record("t", "Cel", 2143, -2)])


class Ram:
    """An identity partition in memory that can lose power within an operation."""

    def __init__(self) -> None:
        self.data = bytearray(b"\xff" * 2 * BLOCK)
        self.operations = 1 << 30  # how many more before the power fails

    def _power(self) -> bool:
        assert self.operations >= 0, "used after the power failed"
        self.operations -= 1
        return self.operations >= 0

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        start = block * BLOCK + offset
        buffer[:] = self.data[start : start + len(buffer)]

    def writeblocks(self, block: int, buffer: bytes, offset: int) -> None:
        start = block * BLOCK + offset
        if not self._power():
            self.data[start : start + len(buffer) // 2] = buffer[: len(buffer) // 2]
            raise KeyboardInterrupt
        self.data[start : start + len(buffer)] = buffer

    def ioctl(self, op: int, block: int) -> int:
        if not self._power():
            raise KeyboardInterrupt
        self.data[block * BLOCK : (block + 1) * BLOCK] = b"\xff" * BLOCK
        return 0


def start(device: Ram, alg: int = ES256) -> Identity:
    return open_or_create(Slots(device), alg, os.urandom)


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_what_it_seals_verifies_and_is_numbered_from_zero(alg: int) -> None:
    identity = start(Ram(), alg)
    assert identity.begin_boot() == 1
    for sequence in range(2):
        sealed = message.parse(identity.seal(READING, READING.base_time))
        assert (sealed.header.boot, sealed.header.sequence) == (1, sequence)
        signed = sealed.sign1.sig_structure()
        assert crypto.verify(identity.public, signed, sealed.sign1.signature)


def test_the_key_stays_and_each_start_is_a_new_boot() -> None:
    device = Ram()
    first = start(device)
    assert first.begin_boot() == 1
    again = start(device, ES256K)
    assert again.begin_boot() == 2
    assert again.public == first.public


def test_provisioning_takes_no_boot_number() -> None:
    device = Ram()
    terms = registration.Terms(31337, bytes(20), bytes(range(20)), 0, 1_900_000_000)
    signed = start(device).register(terms)
    identity = start(device)
    opened = registration.open_terms(signed, identity.public)
    assert (opened.chain_id, opened.owner) == (31337, bytes(range(20)))
    assert identity.begin_boot() == 1


def test_nothing_is_sealed_before_the_boot_has_its_number() -> None:
    with pytest.raises(IdentityError, match="before the boot has its number"):
        start(Ram()).seal(READING, READING.base_time)


def test_a_boot_takes_one_number_only() -> None:
    identity = start(Ram())
    identity.begin_boot()
    with pytest.raises(IdentityError, match="already"):
        identity.begin_boot()


def test_both_counters_end_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = start(Ram())
    identity.begin_boot()
    identity._next = 0xFFFFFFFF
    last = identity.seal(READING, READING.base_time)
    assert message.parse(last).header.sequence == 0xFFFFFFFF
    with pytest.raises(IdentityError, match="sequence is at its end"):
        identity.seal(READING, READING.base_time)

    device = Ram()
    secret = b"\x01" * 32
    Slots(device).create(module._encode(ES256, secret, 0xFFFFFFFF))
    with pytest.raises(IdentityError, match="boot counter is at its end"):
        start(device).begin_boot()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=8))
def test_no_number_twice_however_often_the_power_fails(boots: list[tuple[int, int]]) -> None:
    device, numbers, keys = Ram(), [], set()
    for operations, readings in boots:
        device.operations = operations
        try:
            identity = start(device)
            boot = identity.begin_boot()
        except KeyboardInterrupt:
            continue
        keys.add(identity.public.thumbprint())
        # Signing is not the matter here: the number is taken before it.
        numbers += [(boot, identity.sequence + n) for n in range(readings)]
    assert len(set(numbers)) == len(numbers)
    assert len(keys) <= 1


def test_the_secret_is_in_no_text_of_it() -> None:
    device = Ram()
    identity = start(device)
    secret = module._decode(Slots(device).payload or b"")[1]
    shown = repr(identity) + str(identity) + repr(identity._key)
    assert secret.hex() not in shown
    assert repr(secret) not in shown


def test_a_record_of_another_version_is_not_guessed_at() -> None:
    device = Ram()
    Slots(device).create(b"\x81\x02")
    with pytest.raises(IdentityError, match="another firmware's version"):
        start(device)


@pytest.mark.parametrize("bit", [0, 40 * 8, 70 * 8 + 3])
def test_no_number_twice_after_the_newest_record_decayed(bit: int) -> None:
    device = Ram()
    used = [start(device).begin_boot() for _ in range(3)]
    newest = Slots(device)
    slot = newest._current
    device.data[slot * BLOCK + bit // 8] ^= 1 << bit % 8
    assert start(device).begin_boot() not in used
    assert start(device).begin_boot() not in used

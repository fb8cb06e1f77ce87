"""`pycryptodome`, which others wrote, judges Keccak-256."""

from Crypto.Hash import keccak as theirs
from hypothesis import example, given
from hypothesis import strategies as st

from sealmote.chain.evm.encoding.keccak import keccak, sponge
from sealmote.chain.evm.transactions.account import checksum


@given(st.binary(max_size=300))
@example(b"")
@example(bytes(135))
@example(bytes(136))
@example(bytes(137))
def test_pure_python_gives_the_same_digest(data: bytes) -> None:
    digest = theirs.new(digest_bits=256, data=data).digest()
    assert sponge(data) == keccak(data) == digest


def test_addresses_are_written_as_in_erc_55() -> None:
    for text in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
    ):
        assert checksum(bytes.fromhex(text[2:])) == text

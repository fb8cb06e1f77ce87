"""`rlp`, which others wrote, judges the encoding; so do the examples of Ethereum's documentation."""

import pytest
import rlp as theirs
from hypothesis import example, given
from hypothesis import strategies as st

from sealmote.chain.evm.encoding import rlp

LEAVES = st.binary(max_size=60) | st.integers(0, 2**256) | st.binary(min_size=250, max_size=300)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=6), max_leaves=20))
@example(b"\x7f")
@example(b"\x80")
@example(bytes(55))
@example(bytes(56))
@example([bytes(54)])
@example([bytes(55)])
@example(bytes(65536))
def test_items_are_encoded_as_by_others(item: rlp.Item) -> None:
    assert rlp.encode(item) == theirs.encode(item)


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (0, "80"),
        (1024, "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
    ],
    ids=repr,
)
def test_known_encodings(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded


def test_a_negative_number_has_no_encoding() -> None:
    with pytest.raises(OverflowError):
        rlp.encode(-1)

"""By what a gateway and a board know a message."""

from hashlib import sha256

from sealwire import ack, cose, outcome


def test_the_leaf_is_hashed_apart_from_inner_nodes():
    assert outcome.leaf_hash(b"") == sha256(b"\x00").digest()
    assert outcome.leaf_hash(b"message") == sha256(b"\x00message").digest()


def test_it_is_the_same_under_the_names_that_hosts_use():
    assert cose.leaf_hash is outcome.leaf_hash
    results = (ack.ACCEPTED, ack.DUPLICATE, ack.RETRY, ack.REFUSED)
    assert results == (outcome.ACCEPTED, outcome.DUPLICATE, outcome.RETRY, outcome.REFUSED)

"""C2SP checkpoints: three exact lines, under the log's own key."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.crypto import Signer
from sealmote.log import checkpoint, note
from sealmote.log.checkpoint import Checkpoint
from sealmote.log.errors import CheckpointError, LogError, NoteError
from sealmote.log.merkle import EMPTY_ROOT
from sealmote.log.note import NoteKey
from sealwire.keys import ES256

# The example of C2SP tlog-checkpoint.
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")

ORIGIN = "sealmote.example/demo"
SIGNER = Signer.generate(ES256)
KEY = NoteKey(ORIGIN, SIGNER.public)


def test_the_specifications_example() -> None:
    head = Checkpoint.parse(EXAMPLE)
    assert head == Checkpoint("example.com/behind-the-sofa", 20852163, ROOT)
    assert head.text() == EXAMPLE


@given(st.integers(1, 2**64 - 1), st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert checkpoint.verify(checkpoint.sign(head, SIGNER), KEY) == head


def test_empty_log() -> None:
    head = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert checkpoint.verify(checkpoint.sign(head, SIGNER), KEY) == head
    with pytest.raises(CheckpointError, match="empty log"):
        Checkpoint(ORIGIN, 0, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE.removesuffix("\n"),
        EXAMPLE + "\n",
        EXAMPLE + "extension\n",
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "2e7"),
        EXAMPLE.replace("20852163", "٢"),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("20852163", str(2**64)),
        EXAMPLE.replace("20852163", "9" * 5000),
        EXAMPLE.replace("q2I=", "q2J="),
        EXAMPLE.replace("q2I=", "q2I"),
        EXAMPLE.replace("q2I=", "==I="),
        EXAMPLE.replace("/Xajj7h2", "_Xajj7h2"),
        EXAMPLE.replace("CsUY", ""),
        EXAMPLE.replace("example.com", "example com"),
        EXAMPLE.replace("example.com", "example+com"),
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        "\n" + EXAMPLE,
        EXAMPLE.replace("\n", "\r\n"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """By the parser, and under a good signature too."""
    with pytest.raises(LogError):
        Checkpoint.parse(text)


def test_a_head_of_another_log_is_refused() -> None:
    """Even when the same key signed it under the name that was asked for."""
    signed = note.sign(Checkpoint("sealmote.example/other", 1, ROOT).text(), ORIGIN, SIGNER)
    with pytest.raises(CheckpointError, match="head of the log"):
        checkpoint.verify(signed, KEY)


def test_another_key_is_refused() -> None:
    signed = checkpoint.sign(Checkpoint(ORIGIN, 1, ROOT), Signer.generate(ES256))
    with pytest.raises(NoteError, match="no line by"):
        checkpoint.verify(signed, KEY)

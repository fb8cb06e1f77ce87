"""Messages of strangers in words: nothing in them reaches the terminal as more than text."""

from hashlib import sha256
from pathlib import Path

import pytest

from commands import run_sealmote
from sealmote.chain.evm.logs import LOG_MEDIA_TYPE
from sealmote.crypto import Signer
from sealmote.inspection import inspect
from sealmote.log import checkpoint, merkle, note, receipt
from sealwire import ack, cbor, cose, envelope, message, registration, statement

_KEY = Signer.generate(-7)


@pytest.mark.parametrize("content_type", ["[/]", "[/bold]", "[bold green]sound", "\\"])
def test_a_content_type_is_shown_as_it_is(content_type: str) -> None:
    ended = run_sealmote("inspect", envelope.seal(_KEY, content_type, cbor.encode([1])).hex())
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"unsound: the content type {content_type!r} is not one of ours" in ended.stdout


def test_a_hardware_name_cannot_steer_the_terminal() -> None:
    account = statement.Account(0, 1, 20, None, None, [], None)
    name = b"\x1b[2J\r\xc2\x9b1m\xff ESP32 \xc2\xb5"
    said = statement.Statement(
        bytes.fromhex("02aabbccddee"), name, 61, 1, "sealmote", "0.1.0", account
    )
    found = inspect(message.seal(_KEY, said, 1, 0, None))
    assert dict(found.fields)["hardware"] == "\\x1b[2J\\r\\x9b1m\\xff ESP32 \u00b5"


def test_values_are_never_cut() -> None:
    account = statement.Account(0, 1, 20, None, None, [], None)
    said = statement.Statement(
        bytes.fromhex("02aabbccddee"), b"x" * 64, 61, 1, "sealmote", "0.1.0", account, bytes(64)
    )
    ended = run_sealmote("inspect", message.seal(_KEY, said, 1, 0, None).hex())
    assert ended.returncode == 0
    assert "00" * 64 in ended.stdout


ORIGIN = "sealmote.example/demo"
HEAD = checkpoint.Checkpoint(ORIGIN, 2, sha256(b"root").digest())


def test_a_statements_account_is_in_words() -> None:
    account = statement.Account(2, 1, 20, (3, 8), (3, 8), [], None, (48_000, 1, 2, 3, 4, 5))
    said = statement.Statement(
        bytes.fromhex("02aabbccddee"), b"x", 61, 9, "sealmote", "0.1.0", account, b"n" * 8
    )
    fields = dict(inspect(message.seal(_KEY, said, 9, 0, None)).fields)
    assert fields["last kept before this boot"] == "boot 3, sequence 8"
    assert fields["least free heap"] == "48000 bytes"
    assert fields["watchdog resets"] == "5 since power was lost"
    assert "signs" not in fields
    account.signer, account.memory = statement.SIGNERS.index("native"), (71_280, 40_960)
    fields = dict(inspect(message.seal(_KEY, said, 9, 0, None)).fields)
    assert fields["signs"] == "in native code"
    assert fields["system memory"] == "71280 bytes free, 40960 in one piece"
    account.signer = statement.SIGNERS.index("python")
    fields = dict(inspect(message.seal(_KEY, said, 9, 0, None)).fields)
    assert fields["signs"].startswith("in plain Python, 13 to 17 times slower")
    assert fields["answers the challenge"] == (b"n" * 8).hex()


def test_an_acknowledgement_shows_whom_it_challenges() -> None:
    outcomes = [ack.Outcome(bytes(32), ack.ACCEPTED)]
    asked = (b"kidofone", b"n" * 8)
    plain = ack.Acknowledgement(ORIGIN, 1_764_000_000, 1_764_000_060, outcomes)
    asking = ack.Acknowledgement(ORIGIN, 1_764_000_000, 1_764_000_060, outcomes, asked)
    fields = dict(inspect(ack.seal(_KEY, asking), _KEY.public).fields)
    assert fields["challenges the key"] == asked[0].hex()
    assert fields["to answer the nonce"] == asked[1].hex()
    assert "to answer the nonce" not in dict(inspect(ack.seal(_KEY, plain)).fields)


def test_a_checkpoint_is_shown_and_checked(tmp_path: Path) -> None:
    signed = checkpoint.sign(HEAD, _KEY)
    found = inspect(signed, _KEY.public)
    assert (found.kind, found.signed, found.problem) == ("a log's checkpoint", True, None)
    fields = dict(found.fields)
    assert (fields["log"], fields["size"]) == (ORIGIN, "2 leaves")
    assert fields["root"] == HEAD.root.hex()
    assert fields["signature line"] == f"{ORIGIN}, key {note.NoteKey(ORIGIN, _KEY.public).id.hex()}"
    assert inspect(signed).signed is None
    assert inspect(signed, Signer.generate(-7).public).signed is False
    altered = signed.replace(b"\n2\n", b"\n3\n")
    assert "does not hold" in str(inspect(altered, _KEY.public).problem)
    assert inspect(signed.replace(b"\n2\n", b"\n02\n")).kind == "not a Sealmote message"
    assert inspect(signed, Signer.generate(-47).public).signed is False

    file = tmp_path / "checkpoint"
    file.write_bytes(signed + "\u2014 evil\x9b1m AAAAAAAA\n".encode())
    ended = run_sealmote("inspect", file)
    assert ended.returncode == 0, ended.stdout
    assert "evil\\x9b1m" in ended.stdout


def test_a_receipt_is_shown_and_says_where_it_is_checked() -> None:
    messages = [b"one", b"two"]
    leaves = [cose.leaf_hash(data) for data in messages]
    issued = receipt.issue(_KEY, ORIGIN, b"one", 0, 2, [leaves[1]], merkle.root_of(leaves))
    found = inspect(issued)
    assert (found.kind, found.signed, found.problem) == ("a log's receipt of inclusion", None, None)
    fields = dict(found.fields)
    assert (fields["log"], fields["leaf"]) == (ORIGIN, "0 of 2")
    assert fields["path"] == leaves[1].hex()
    with_key = inspect(issued, _KEY.public)
    assert (with_key.signed, with_key.sound) == (False, False)
    assert "sealmote verify" in str(with_key.problem)
    assert inspect(issued[:-1]).kind == "not a Sealmote message"


def test_the_opening_of_a_log_is_shown() -> None:
    terms = registration.Terms(31337, b"\x0c" * 20, b"\x0e" * 20, 7, 1_764_000_000)
    found = inspect(envelope.seal(_KEY, LOG_MEDIA_TYPE, terms.encode()), _KEY.public)
    assert (found.kind, found.sound) == ("a log's opening on a chain", True)
    assert dict(found.fields)["operator"] == "0x" + "0e" * 20

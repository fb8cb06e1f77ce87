"""Messages of strangers in words: nothing in them reaches the terminal as more than text."""

import pytest

from commands import run_sealmote
from sealmote.crypto import Signer
from sealmote.inspection import inspect
from sealwire import cbor, envelope, message, statement

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

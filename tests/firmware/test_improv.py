"""Frames and commands of Improv over serial, on both runtimes; the examples are the specification's."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.setup import improv
from mote.setup.improv import Frames, ImprovError

# https://www.improv-wifi.com/serial/, "RPC Command: Send Wi-Fi settings".
WIFI_EXAMPLE = b"\x01\x1e\x0cMyWirelessAP\x10mysecurepassword"


def command(data: bytes, kind: int = 3, version: int = 1) -> bytes:
    """A frame as a client makes it, from the specification and not from the codec."""
    body = b"IMPROV" + bytes([version, kind, len(data)]) + data
    return body + bytes([sum(body) % 256])


def frames_in(data: bytes) -> list[bytes]:
    reader = Frames()
    return [frame for byte in data if (frame := reader.feed(byte)) is not None]


def test_the_specifications_example_is_read() -> None:
    (frame,) = frames_in(command(WIFI_EXAMPLE))
    number, arguments = improv.parse(frame)
    assert number == improv.WIFI_SETTINGS
    assert improv.wifi_settings(arguments) == ("MyWirelessAP", "mysecurepassword")


def test_answers_are_as_specified() -> None:
    assert improv.state(improv.READY) == command(b"\x02", kind=1) + b"\n"
    assert improv.error(improv.UNABLE_TO_CONNECT) == command(b"\x03", kind=2) + b"\n"
    assert improv.result(1, ()) == command(b"\x01\x00", kind=4) + b"\n"
    said = command(b"\x03\x0d\x07ESPHome\x04v1.0", kind=4)
    assert improv.result(3, (b"ESPHome", b"v1.0")) == said + b"\n"


@pytest.mark.parametrize(
    ("frame", "code", "cause"),
    [
        (command(b"\x02\x00")[:-1] + b"\x00", improv.INVALID, "checksum"),
        (command(b"\x02\x00", kind=1), improv.INVALID, "no command"),
        (command(b"\x02\x00", kind=4), improv.INVALID, "no command"),
        (command(b""), improv.INVALID, "length"),
        (command(b"\x02"), improv.INVALID, "length"),
        (command(b"\x02\x01"), improv.INVALID, "length"),
        (command(b"\x02\x00\x00"), improv.INVALID, "length"),
    ],
)
def test_a_frame_that_is_not_sound_is_refused(frame: bytes, code: int, cause: str) -> None:
    (found,) = frames_in(frame)
    with pytest.raises(ImprovError, match=cause) as refusal:
        improv.parse(found)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        b"\x00\x00",  # no SSID
        b"\x21" + b"a" * 33 + b"\x00",
        b"\x04home",  # no password
        b"\x04home\x08secret7",
        b"\x04home\x07secret7",  # shorter than WPA allows
        b"\x04home\x40" + b"p" * 64,
        b"\x04home\x40" + b"0" * 63 + b"g",
        b"\x04home\x41" + b"0" * 65,
        b"\x04\xed\xa0\xbd\xed\x00",  # half a surrogate pair
        b"\x04home\x08password!",  # one byte more
        b"\x02\xc0\xaf\x00",  # overlong UTF-8
        b"\x01\xff\x00",
    ],
)
def test_settings_that_are_not_whole_are_refused(arguments: bytes) -> None:
    with pytest.raises(ImprovError) as refusal:
        improv.wifi_settings(arguments)
    assert refusal.value.code == improv.INVALID
    assert "secret" not in str(refusal.value)


def test_a_raw_key_is_64_hexadecimal_digits() -> None:
    key = "0123456789abcdefABCDEF" + "0" * 42
    assert improv.wifi_settings(b"\x04home\x40" + key.encode()) == ("home", key)


def test_an_open_network_has_no_password() -> None:
    assert improv.wifi_settings(b"\x04home\x00") == ("home", "")


@given(before=st.binary(max_size=40), data=st.binary(max_size=255), after=st.binary(max_size=20))
def test_a_frame_is_found_among_anything(before: bytes, data: bytes, after: bytes) -> None:
    if b"IMPROV\x01" in before:
        return
    while before and b"IMPROV".startswith(before[-1:]):  # what would begin another header
        before = before[:-1]
    frame = command(data)
    assert frames_in(before + frame + after)[0] == frame


@given(st.binary(max_size=400))
def test_nothing_but_a_whole_command_gets_through(data: bytes) -> None:
    for frame in frames_in(data) + frames_in(b"IMPROV\x01" + data):
        try:
            number, arguments = improv.parse(frame)
        except ImprovError:
            continue
        assert frame == command(bytes([number, len(arguments)]) + arguments)


@given(ssid=st.text(min_size=1, max_size=32), password=st.text(max_size=63))
def test_settings_are_read_as_they_were_written(ssid: str, password: str) -> None:
    name, secret = ssid.encode(), password.encode()
    arguments = bytes([len(name)]) + name + bytes([len(secret) % 256]) + secret
    if len(name) <= 32 and (not secret or 8 <= len(secret) <= 63):
        assert improv.wifi_settings(arguments) == (ssid, password)
    else:
        with pytest.raises(ImprovError):
            improv.wifi_settings(arguments)


def test_inside_is_from_the_header_to_the_checksum() -> None:
    frame, reader = command(WIFI_EXAMPLE), Frames()
    inside = []
    for byte in b"IM" + frame:
        inside.append(reader.inside)
        reader.feed(byte)
    assert inside == [False] * 9 + [True] * (len(frame) - 7)
    assert not reader.inside


_ON_THE_BOARD = """
from binascii import hexlify, unhexlify
from mote.setup import improv
for line in cases:
    data, found = unhexlify(line), []
    reader = improv.Frames()
    for byte in data:
        frame = reader.feed(byte)
        if frame is None:
            continue
        try:
            number, arguments = improv.parse(frame)
            if number == improv.WIFI_SETTINGS:
                found.append(list(improv.wifi_settings(arguments)))
            else:
                found.append([number, hexlify(arguments).decode()])
        except improv.ImprovError as error:
            found.append([error.code, str(error)])
    print(json.dumps(found))
print(json.dumps([hexlify(improv.result(4, (b"home", b"-55", b"YES"))).decode()]))
"""


def here(data: bytes) -> list[list[Any]]:
    found: list[list[Any]] = []
    for frame in frames_in(data):
        try:
            number, arguments = improv.parse(frame)
            if number == improv.WIFI_SETTINGS:
                found.append(list(improv.wifi_settings(arguments)))
            else:
                found.append([number, arguments.hex()])
        except ImprovError as error:
            found.append([error.code, str(error)])
    return found


def test_micropython_reads_the_same(micropython: Callable[..., list[Any]]) -> None:
    cases = [
        command(WIFI_EXAMPLE),
        b"noise IMPIMPROV\x01" + command(b"\x02\x00")[7:] + command(b"\x03\x00") + b"\n",
        command(b"\x01\x06\x04home\x00"),
        command(b"\x01\x04\x02\xc0\xaf\x00"),
        command(b"\x02\x00")[:-1] + b"\x00",
        command(bytes(range(255))),
        command(b"\xfe\x03abc"),
    ]
    *found, (made,) = micropython(_ON_THE_BOARD, cases=[case.hex() for case in cases])
    assert found == json.loads(json.dumps([here(case) for case in cases]))
    assert bytes.fromhex(made) == improv.result(4, (b"home", b"-55", b"YES"))

"""One pass finds every fault; nothing but a whole configuration is returned."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.configuration import config
from mote.errors import ConfigError
from sealmote.crypto import Signer
from sealwire.keys import ES256

KEY = bytes(Signer.generate(ES256).public.cose()).hex()
SMALLEST: dict[str, Any] = {
    "wifi": {"ssid": "home", "password": "correct horse"},
    "gateway": {"url": "http://10.0.0.2:8080/", "origin": "sealmote.example/demo", "key": KEY},
}
# The example that the documentation gives.
WHOLE: dict[str, Any] = SMALLEST | {
    "ntp": {"host": "pool.ntp.org", "port": 123},
    "sample": {"period_s": 60, "count": 0, "sensors": ["bme280", "chip"]},
    "board": "xiao-esp32c3",
    "i2c": {"sda": 3, "scl": 4},
    "alg": "ES256K",
    "outbox": {"max_bytes": 524288},
    "upload": {"batch": 20, "period_s": 10},
    "power": {"sleep": True, "send_every": 12},
    "log": "warning",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(WHOLE)
    *sections, key = path.split(".")
    inner = made
    for section in sections:
        inner = inner[section]
    inner[key] = value
    return made


def test_the_smallest_one_is_filled_up_with_defaults() -> None:
    read = config.read(SMALLEST)
    assert read.gateway.url == ("http", False, "10.0.0.2", 8080, "", "10.0.0.2:8080")
    assert read.ntp == ("pool.ntp.org", 123)
    assert read.sample == (60, 0, ("bme280", "chip"))
    assert (read.i2c.sda, read.i2c.scl) == (21, 22)
    assert (read.alg, read.outbox, read.upload, read.log) == ("ES256", None, (20, 10), "info")
    assert read.power == (False, 10)


def test_every_key_is_taken() -> None:
    read = config.read(WHOLE)
    assert (read.i2c.sda, read.i2c.scl, read.alg, read.log) == (3, 4, "ES256K", "warning")
    assert (read.outbox, read.power) == (524288, (True, 12))
    assert read.gateway.key.cose().hex() == KEY


def test_a_board_brings_its_pins() -> None:
    read = config.read(SMALLEST | {"board": "xiao-esp32c3"})
    assert (read.i2c.sda, read.i2c.scl) == (6, 7)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        setattr(config.read(WHOLE), "alg", "ES256")  # noqa: B010 - mypy knows that it fails


FAULTS = [
    ("wifi.ssid", "", "has to be text of 1..32 bytes"),
    ("wifi.ssid", "é" * 17, "has to be text of 1..32 bytes"),
    ("wifi.password", "short", "has to have 8 characters"),
    ("wifi.password", "0" * 63 + "g", "of 64 bytes has to be a raw key"),
    ("wifi.password", "é" * 32, "of 64 bytes has to be a raw key"),
    ("wifi.password", "0" * 65, "has to be text of 0..64 bytes"),
    ("wifi.password", None, "has to be text"),
    ("wifi.extra", 1, "is unknown; known here: password, ssid"),
    ("gateway.url", "ftp://x", "has to begin with http://"),
    ("gateway.url", "http://", "has no host"),
    ("gateway.url", "http://[fd00::1]:8080", "has an IPv6 address; a board connects by IPv4"),
    ("gateway.url", "http://h:99999", "has a port outside"),
    ("gateway.url", "http://user@h", "has a character that does not belong"),
    ("gateway.url", "http://h/a b", "has a character that does not belong"),
    ("gateway.key", "zz", "is not a COSE_Key in hex"),
    ("gateway.key", KEY[:-2], "is not a COSE_Key in hex"),
    ("gateway.ca", "/ca.der", "goes with an https url only"),
    ("ntp.port", 0, "has to be an integer within 1..65535"),
    ("ntp.port", True, "has to be an integer within 1..65535"),
    ("ntp.port", 123.0, "has to be an integer within 1..65535"),
    ("sample.period_s", "60", "has to be an integer"),
    ("sample.sensors", [], "has to be a list of names"),
    ("sample.sensors", ["../x"], "has to be a list of names"),
    ("sample.sensors", ["chip", "chip"], "names one twice"),
    ("board", "esp8266", "has to be one of: esp32-c3-supermini"),
    ("i2c", {"sda": 1}, "is missing"),
    ("alg", "EdDSA", "has to be one of: ES256, ES256K"),
    ("outbox.max_bytes", 1000, "has to be an integer within 16384"),
    ("power.sleep", 1, "has to be true or false"),
    ("power.sleep", "true", "has to be true or false"),
    ("power.sleep", None, "has to be true or false"),
    ("power.send_every", 0, "has to be an integer within 1..1440"),
    ("power.every", 2, "is unknown; known here: send_every, sleep"),
    ("upload.batch", 65, "has to be an integer within 1..64"),
    ("upload", [], "has to be an object"),
    ("colour", "red", "is unknown; known here: alg, board"),
]


@pytest.mark.parametrize(("path", "value", "message"), FAULTS)
def test_a_fault_names_its_key_and_the_mend(path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.read(changed(path, value))
    lines = str(caught.value).split("\n")[1:]
    assert len(lines) == 1, lines
    assert lines[0].startswith(path)
    assert message in lines[0]


def test_https_wants_a_certificate() -> None:
    with pytest.raises(ConfigError, match=r"gateway\.ca is needed with https"):
        config.read(changed("gateway.url", "https://h"))


def test_all_faults_come_at_once_and_no_secret_with_them() -> None:
    broken = changed("wifi.password", "s3cret")
    broken["sample"]["count"] = -1
    del broken["gateway"]["origin"]
    with pytest.raises(ConfigError) as caught:
        config.read(broken)
    text = str(caught.value)
    assert [line.split(" ")[0] for line in text.split("\n")[1:]] == [
        "wifi.password",
        "gateway.origin",
        "sample.count",
    ]
    assert "s3cret" not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
)


@given(JSON)
def test_any_other_value_is_a_config_error(value: Any) -> None:
    with pytest.raises(ConfigError):
        config.read(value)


@given(st.sampled_from([path for path, _, _ in FAULTS]), JSON)
def test_any_value_in_any_place_is_taken_or_a_config_error(path: str, value: Any) -> None:
    section = path.partition(".")[0]
    try:
        config.read(changed(path, value))
    except ConfigError as error:
        if section not in str(error):
            raise


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no .*config.json: run `sealmote provision`"),
        ("{", "is not JSON"),
        ("[]", "the whole has to be an object"),
        (" " * 5000, "4096 is the most"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        config.load(str(path))


def test_the_board_reads_the_same(micropython: Any) -> None:
    script = """
from mote.configuration import config
from mote.errors import ConfigError
read = config.read(whole)
print(json.dumps([read.gateway.url.host, read.i2c.sda, read.sample.sensors[0]]))
for value in faulty:
    try:
        config.read(value)
    except ConfigError as error:
        print(json.dumps(str(error)))
"""
    faulty = [changed(path, value) for path, value, _ in FAULTS]
    said = micropython(script, whole=WHOLE, faulty=faulty)
    assert said[0] == ["10.0.0.2", 3, "bme280"]
    assert len(said) == 1 + len(FAULTS)
    for text, (_, _, message) in zip(said[1:], FAULTS, strict=True):
        assert message in text


def test_the_example_survives_json(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(WHOLE))
    assert config.load(str(path)) == config.read(WHOLE)


PAIRS = """
from mote.configuration import config
from mote.errors import ConfigError
for text in ('"\\\\ud83c\\\\udf88"', '"\\\\ud83c"', '"\\\\udf88\\\\ud83c"'):
    whole["wifi"]["ssid"] = json.loads(text)
    try:
        print(json.dumps(config.read(whole).wifi.ssid))
    except ConfigError as error:
        print(json.dumps(str(error)))
whole["wifi"]["ssid"] = emoji
print(json.dumps(config.read(whole).wifi.ssid))
"""


def test_text_that_is_not_utf8_is_refused_in_words(micropython: Any) -> None:
    """MicroPython's JSON makes three bytes of each half of a pair, which no access point sends."""
    *refused, read = micropython(PAIRS, whole=WHOLE, emoji="🎈 café")
    assert len(refused) == 3
    for text in refused:
        assert text.startswith("/data/config.json:\nwifi.ssid is not UTF-8: write the characters")
    assert read == "🎈 café"
    with pytest.raises(ConfigError, match="ssid is not UTF-8"):
        config.read(changed("wifi.ssid", "\ud83c"))


FILES = {
    b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(): "host 10",
    json.dumps(WHOLE).encode("utf-16"): "is UTF-16: save it as UTF-8",
    json.dumps(WHOLE).encode("utf-16-le"): "is UTF-16: save it as UTF-8",
    json.dumps(WHOLE).encode("utf-16-be"): "is UTF-16: save it as UTF-8",
    b"\xef\xbb\xbf": "is not JSON",
    b"": "is not JSON",
    b"{": "is not JSON",
    b'{"wifi": "\xff"}': "wifi.* has to be|is not JSON",
}


@pytest.mark.parametrize("content", FILES, ids=lambda content: repr(content[:8]))
def test_a_file_from_whatever_editor(content: bytes, tmp_path: Path, micropython: Any) -> None:
    wanted, path = FILES[content], tmp_path / "config.json"
    path.write_bytes(content)
    script = """
from mote.configuration import config
from mote.errors import ConfigError
try:
    print(json.dumps("host " + config.load(path).gateway.url.host))
except ConfigError as error:
    print(json.dumps(str(error)))
"""
    (said,) = micropython(script, path=str(path))
    assert re.search(wanted, said)
    if wanted == "host 10":
        assert config.load(str(path)) == config.read(WHOLE)
    else:
        with pytest.raises(ConfigError, match=wanted):
            config.load(str(path))

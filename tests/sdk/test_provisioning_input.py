"""Wi-Fi and other sections: from a file, the environment, a person; never from where others look."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commands import SEALMOTE
from patience import PATIENCE_S
from sealmote.provisioning.errors import InputError
from sealmote.provisioning.provisioning_input import ProvisioningInput

ENVIRONMENT = {"SEALMOTE_WIFI_SSID": "garden", "SEALMOTE_WIFI_PASSWORD": "from the environment"}
WIFI = {"ssid": "home", "password": "from a file"}


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def nobody(question: str, hidden: bool) -> str:
    raise AssertionError(question)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.json", json.dumps({"wifi": WIFI, "sample": {"period_s": 5}})),
        ("w.toml", '[wifi]\nssid = "home"\npassword = "from a file"\n[sample]\nperiod_s = 5\n'),
    ],
)
def test_a_file_goes_before_the_environment(tmp_path: Path, name: str, text: str) -> None:
    made = ProvisioningInput.gather(written(tmp_path / name, text), ENVIRONMENT)
    assert made.config("", nobody) == {"wifi": WIFI, "sample": {"period_s": 5}}


@pytest.mark.parametrize("name", ["w.json", "w.toml"])
def test_a_file_from_whatever_editor(tmp_path: Path, name: str) -> None:
    text = json.dumps({"wifi": WIFI}) if name == "w.json" else '[wifi]\nssid = "home"\n'
    file = written(tmp_path / name, "")
    file.write_bytes(text.encode("utf-8-sig"))
    assert ProvisioningInput.gather(file, {}).ssid == "home"
    file.write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match="it is UTF-16 or UTF-32: save it as UTF-8"):
        ProvisioningInput.gather(file, {})


def test_the_environment_alone() -> None:
    wifi = {"ssid": "garden", "password": "from the environment"}
    assert ProvisioningInput.gather(None, ENVIRONMENT).config("", nobody) == {"wifi": wifi}
    assert ProvisioningInput.gather(None, ENVIRONMENT).config("another", nobody) == {"wifi": wifi}


def test_what_is_not_known_is_asked_and_the_password_hidden() -> None:
    asked: list[tuple[str, bool]] = []

    def ask(question: str, hidden: bool) -> str:
        asked.append((question, hidden))
        return "typed"

    found = ProvisioningInput.gather(None, {}).config("", ask)
    assert found == {"wifi": {"ssid": "typed", "password": "typed"}}
    assert [hidden for _, hidden in asked] == [False, True]
    asked.clear()
    assert (
        ProvisioningInput.gather(None, {}, "named").config("kept", ask)["wifi"]["ssid"] == "named"
    )
    assert [hidden for _, hidden in asked] == [True]


def test_the_boards_own_wifi_stays_unless_another_is_wished_for() -> None:
    assert ProvisioningInput.gather(None, {}).config("kept", nobody) == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path / "w.json", json.dumps({"wifi": WIFI}), mode)
    with pytest.raises(InputError, match=f"chmod 600 {file}"):
        ProvisioningInput.gather(file, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.json", '{"wifi": {"password": "from a file"}'),
        ("w.toml", '[wifi]\npassword = "from a file\n'),
        ("w.json", '["from a file"]'),
        ("w.json", '{"wifi": "from a file"}'),
        ("w.json", '{"wifi": {"from a file": 1}}'.replace("from a file", "passwort")),
        ("w.json", '{"wifi": {"ssid": "home", "password": 12345678}}'),
        ("w.json", '{"a": "' + "from a file" * 999 + '"}'),
        ("w.json", "[" * 4000),
        ("w.toml", "a = " + "[" * 4000),
    ],
)
def test_what_is_no_settings_is_refused_without_repeating_it(
    tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(InputError) as refusal:
        ProvisioningInput.gather(written(tmp_path / name, text), {})
    assert "from a file" not in str(refusal.value)
    assert "12345678" not in str(refusal.value)


def test_no_text_form_shows_a_value(tmp_path: Path) -> None:
    made: Any = ProvisioningInput.gather(
        written(tmp_path / "w.json", json.dumps({"wifi": WIFI})), {}
    )
    assert "from a file" not in repr(made)
    assert "from a file" not in str(vars(type(made)))


def test_nobody_at_the_terminal_and_no_option_for_a_password() -> None:
    code = "from sealmote.cli.common.provisioning_options import ask; ask('Wi-Fi', False)"
    python = SEALMOTE.with_name("python")
    done = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert "SEALMOTE_WIFI_PASSWORD" in done.stderr
    shown = subprocess.run(
        [str(SEALMOTE), "provision", "--help"], capture_output=True, text=True, timeout=PATIENCE_S,
        check=True,
    ).stdout  # fmt: skip
    assert "--password" not in shown

"""Provisioning input: settings from a file, the environment or a person; secrets stay hidden.

A file is JSON, or TOML by its suffix, with the sections of a board's configuration; `wifi` is one of
them. Nobody but its owner may be able to read it. In the environment stand the Wi-Fi's name and
password. What neither says is asked of a person. The command line is no place for a password: every
process can read it.
"""

import json
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sealmote.common import text_encoding
from sealmote.provisioning.errors import InputError

SSID_VARIABLE: Final = "SEALMOTE_WIFI_SSID"
PASSWORD_VARIABLE: Final = "SEALMOTE_WIFI_PASSWORD"  # noqa: S105 - the variable's name
_LARGEST: Final = 4096  # bytes, as on the board

Ask = Callable[[str, bool], str]
"""(question, whether the answer is hidden while it is typed) -> answer."""


@dataclass(frozen=True)
class ProvisioningInput:
    """Sections of a configuration, and what is known of the Wi-Fi. Its text form shows no value."""

    sections: Mapping[str, Any] = field(repr=False)
    ssid: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def gather(
        cls, file: Path | None, environment: Mapping[str, str], ssid: str | None = None
    ) -> "ProvisioningInput":
        """Read a file and the environment; ``ssid`` goes before both. Raises InputError."""
        sections = _read(file) if file is not None else {}
        wifi = sections.pop("wifi", {})
        if not isinstance(wifi, dict):
            raise InputError(f"wifi in {file} is no table: give it ssid and password")
        if unknown := set(wifi) - {"ssid", "password"}:
            raise InputError(f"wifi in {file} has {', '.join(sorted(unknown))}, which it knows not")
        named = _text(wifi, "ssid", file) or environment.get(SSID_VARIABLE)
        password = _text(wifi, "password", file)
        if password is None:
            password = environment.get(PASSWORD_VARIABLE)
        return cls(sections, ssid or named, password)

    def config(self, kept: str, ask: Ask) -> dict[str, Any]:
        """Return all sections but the gateway's; what is not known is asked.

        ``kept`` is the name of the Wi-Fi that the board has: without a wish for another it stays, and
        there is no section for it.
        """
        sections = dict(self.sections)
        ssid = self.ssid
        if ssid is None and kept:
            return sections
        if ssid is None:
            ssid = ask("Wi-Fi", False)
        password = self.password
        if password is None:
            password = ask(f"Password of {ssid} (none for an open network)", True)
        sections["wifi"] = {"ssid": ssid, "password": password}
        return sections


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {file} ({error.strerror}): name another --file") from error
    # Windows gives files to their user's profile and has no such bits.
    if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"{file} can be read by others, and holds a password: chmod 600 {file}")
    if len(data) > _LARGEST:
        raise InputError(f"{file} has more than {_LARGEST} bytes, which no board takes")
    try:
        text = text_encoding.decode(data)
        found = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except text_encoding.TextError as error:
        raise InputError(f"{file} is no text: {error}") from None
    except (ValueError, RecursionError) as error:
        kind = "TOML" if file.suffix == ".toml" else "JSON"
        # The parser's own words may quote the file.
        raise InputError(f"{file} is not {kind}: {_place(error)}") from None
    if not isinstance(found, dict):
        raise InputError(f"{file} is no JSON object: write sections, as in " + '{"wifi": {...}}')
    return found


def _place(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f"see line {line}" if line else "check quotes, commas and brackets"


def _text(wifi: Mapping[str, Any], key: str, file: Path | None) -> str | None:
    value = wifi.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"wifi.{key} in {file} is no text: put it in quotes")
    return value

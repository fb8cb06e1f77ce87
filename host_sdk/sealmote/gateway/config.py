"""A gateway's directory and its settings file.

gateway.toml    the settings, for people to edit
gateway.sqlite  devices, log, checkpoints, anchors
ack.key         signs acknowledgements and evidence; boards pin its public half
log.key         signs checkpoints and receipts
operator.token  what the operator's requests over HTTP carry
published       the newest checkpoint that left the house: what a restored backup is held to
home            where the gateway lives: what a copied folder is known by
lock            held by the one process that serves
"""

import json
import re
import tomllib
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from sealmote.common import text_encoding
from sealmote.gateway.errors import SettingsError
from sealwire.bounds import MERGE_DELAY_MAX_S

# What a URL without its scheme may hold; C2SP signed-note forbids space and "+".
_ORIGIN = re.compile(r"[A-Za-z0-9._~/:-]{1,128}")

N = TypeVar("N", int, float)


def _number(default: N, least: N, most: N) -> N:
    """Declare a setting with its range; it takes whole numbers only if its default is an int."""
    value: N = field(default=default, metadata={"least": least, "most": most})
    return value


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may tune. Times in seconds; SettingsError for a value out of range.

    merge_delay_s: by then an accepted message is under a checkpoint: what acknowledgements promise
    checkpoint_period_s: how often a grown log is signed anew
    anchor_period_s: how often the newest checkpoint is anchored on the chain
    body_timeout_s: how long a client may take over sending one request
    max_requests: how many requests are worked on at once; more are told to come again
    max_connections: how many connections are open at once, a fourth of them from one address
    """

    merge_delay_s: float = _number(60.0, 1.0, float(MERGE_DELAY_MAX_S))
    checkpoint_period_s: float = _number(10.0, 0.05, 3_600.0)
    anchor_period_s: float = _number(60.0, 0.05, 86_400.0)
    body_timeout_s: float = _number(15.0, 1.0, 300.0)
    max_requests: int = _number(128, 1, 10_000)
    max_connections: int = _number(1024, 4, 100_000)

    def __post_init__(self) -> None:
        for item in fields(self):
            _check_number(item, getattr(self, item.name))
        if self.checkpoint_period_s * 2 > self.merge_delay_s:
            raise SettingsError(
                f"checkpoint_period_s = {self.checkpoint_period_s:g} cannot keep the promise of"
                f" merge_delay_s = {self.merge_delay_s:g}: make it half of that at most"
            )


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole settings file. `origin` names the log for ever, as in sealmote.example/greenhouse.

    `rpc` are addresses of a chain's nodes, which may hold keys.
    """

    origin: str
    options: Options
    rpc: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.origin, str) or not _ORIGIN.fullmatch(self.origin):
            raise SettingsError(
                f"origin {self.origin!r} is no name for a log: use a domain and path that are"
                " yours, such as example.org/greenhouse (letters, digits and . _ ~ / : -)"
            )


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a gateway keeps what."""

    directory: Path

    @property
    def settings(self) -> Path:
        """The settings file: it exists once the directory is complete."""
        return self.directory / "gateway.toml"

    @property
    def database(self) -> Path:
        """The database."""
        return self.directory / "gateway.sqlite"

    @property
    def ack_key(self) -> Path:
        """The secret key of acknowledgements."""
        return self.directory / "ack.key"

    @property
    def log_key(self) -> Path:
        """The secret key of checkpoints and receipts."""
        return self.directory / "log.key"

    @property
    def operator_token(self) -> Path:
        """The token of the operator's requests."""
        return self.directory / "operator.token"

    @property
    def published(self) -> Path:
        """The newest published checkpoint."""
        return self.directory / "published"

    @property
    def home(self) -> Path:
        """Where the gateway lives."""
        return self.directory / "home"

    @property
    def lock(self) -> Path:
        """The lock of the serving process."""
        return self.directory / "lock"


def load(path: Path) -> Settings:
    """Read a settings file; SettingsError names the key and the fix."""
    try:
        table = tomllib.loads(text_encoding.decode(path.read_bytes()))
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path} is missing: `sealmote gateway create` makes a gateway's directory"
        ) from error
    except (OSError, text_encoding.TextError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    known = {item.name for item in fields(Options)}
    unknown = sorted(table.keys() - known - {"origin", "rpc"})
    if unknown:
        raise SettingsError(f"{path}: no setting is called {unknown[0]}: remove or correct it")
    if "origin" not in table:
        raise SettingsError(f"{path}: origin is missing: it names the log")
    origin, rpc = table.pop("origin"), table.pop("rpc", [])
    if not isinstance(rpc, list) or not all(isinstance(one, str) for one in rpc):
        raise SettingsError(f'{path}: rpc is no list of addresses, as in rpc = ["https://…"]')
    return Settings(origin, Options(**table), tuple(rpc))


def save(path: Path, settings: Settings) -> None:
    """Write a new settings file with every option and its range."""
    lines = [
        "# A Sealmote gateway. Restart it after a change.",
        f'origin = "{settings.origin}"',
        "",
        "# Addresses of the chain's nodes, one asked if another fails, for `sealmote gateway run`:",
        '# rpc = ["https://node.example/KEY", "https://other.example"]'
        if not settings.rpc
        else f"rpc = {json.dumps(settings.rpc)}",
        "",
    ]
    for item in fields(Options):
        value, limits = getattr(settings.options, item.name), item.metadata
        lines.append(f"{item.name} = {value:g}  # {limits['least']:g} to {limits['most']:g}")
    try:
        path.touch(mode=0o600)  # an address may hold a provider's key
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): make room, or name another folder"
        ) from error


def _check_number(setting: Field[float], value: object) -> None:
    name, least, most = setting.name, setting.metadata["least"], setting.metadata["most"]
    whole = isinstance(setting.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise SettingsError(f"{name} = {value!r} is not a {'whole ' if whole else ''}number")
    if not least <= value <= most:
        raise SettingsError(f"{name} = {value:g} is outside {least:g} to {most:g}")

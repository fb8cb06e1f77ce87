"""gateway.toml: the settings of a gateway, declared, read with every fault at once, and written."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from sealmote.common import text_encoding
from sealmote.gateway.errors import SettingsError
from sealmote.models import (
    Fault,
    FieldError,
    Fix,
    ModelError,
    Number,
    Text,
    Whole,
    members_of,
    parse,
    plain,
)
from sealwire.bounds import MERGE_DELAY_MAX_S

# What a URL without its scheme may hold; C2SP signed-note forbids space and "+".
_ORIGIN: Final = Text(
    "[A-Za-z0-9._~/:-]{1,128}",
    "a name for a log: use a domain and path that are yours, such as example.org/greenhouse (letters,"
    " digits and . _ ~ / : -)",
)


@dataclass(frozen=True, slots=True)
class LogOptions:
    """When the log is signed."""

    merge_delay_s: Annotated[
        float,
        Number(1.0, float(MERGE_DELAY_MAX_S)),
        "by then an accepted message is under a checkpoint: what acknowledgements promise",
    ] = 60.0
    checkpoint_period_s: Annotated[
        float, Number(0.05, 3_600.0), "how often a grown log is signed anew"
    ] = 10.0

    def __post_init__(self) -> None:
        if self.checkpoint_period_s * 2 > self.merge_delay_s:
            raise FieldError(
                f"= {self.checkpoint_period_s:g} cannot keep the promise of merge_delay_s ="
                f" {self.merge_delay_s:g}: make it half of that at most",
                "checkpoint_period_s",
            )


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """Where the log's heads are anchored, and when. An address may hold a provider's key."""

    rpc: Annotated[
        tuple[Annotated[str, Text(r"[^\s\x00-\x1f\x7f]+", "an address")], ...],
        "addresses of the chain's nodes, one asked if another fails, for `sealmote gateway run`",
        Fix('write a list of addresses, as in rpc = ["https://node.example/KEY"]'),
    ] = field(default=(), repr=False)
    anchor_period_s: Annotated[
        float, Number(0.05, 86_400.0), "how often the newest checkpoint is anchored"
    ] = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What strangers may have of the gateway."""

    body_timeout_s: Annotated[
        float, Number(1.0, 300.0), "how long a client may take over sending one request"
    ] = 15.0
    max_requests: Annotated[
        int,
        Whole(1, 10_000),
        "how many requests are worked on at once; more are told to come again",
    ] = 128
    max_connections: Annotated[
        int,
        Whole(4, 100_000),
        "how many connections are open at once, a fourth of them from one address",
    ] = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator may tune. Times in seconds."""

    log: LogOptions = LogOptions()
    chain: ChainOptions = ChainOptions()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Options):
    """A whole settings file. `origin` names the log for ever, as in sealmote.example/greenhouse."""

    origin: Annotated[str, _ORIGIN, Fix("it names the log for ever, as in example.org/greenhouse")]
    ingress: Annotated[
        dict[str, dict[str, object]], "a table for each listener that a package brings"
    ] = field(default_factory=dict)


_SECTIONS: Final = {one.name: type(one.default) for one in members_of(Options)}
# Before there were sections, these stood at the top; such a file is still read.
_SECTION_OF: Final = {
    "merge_delay_s": "log",
    "checkpoint_period_s": "log",
    "rpc": "chain",
    "anchor_period_s": "chain",
    "body_timeout_s": "limits",
    "max_requests": "limits",
    "max_connections": "limits",
}


def check(origin: str, options: Options) -> Settings:
    """Return settings that can be saved and read again. Raises SettingsError, which names every fault."""
    sections = {name: getattr(options, name) for name in _SECTIONS}
    settings = Settings(origin=origin, **sections)
    try:
        return parse(Settings, plain(settings))
    except ModelError as error:
        raise SettingsError(str(error)) from error


def load(path: Path) -> Settings:
    """Read a settings file; SettingsError names the key of every fault, and the fix."""
    try:
        return from_toml(text_encoding.decode(path.read_bytes()))
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path} is missing: `sealmote gateway create` makes a gateway's directory"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} cannot be read: {error}: correct it there") from error
    except (OSError, ValueError, RecursionError) as error:  # no text, a number without end
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ModelError as error:
        every = "; ".join(map(str, error.faults))
        raise SettingsError(f"{path}: {every}") from error


def from_toml(text: str) -> Settings:
    """Return the settings in a file's text. Raises ValueError for what is no TOML, ModelError."""
    table, faults = _in_sections(tomllib.loads(text))
    try:
        settings = parse(Settings, table)
    except ModelError as error:
        raise ModelError([*faults, *error.faults]) from error
    if faults:
        raise ModelError(faults)
    return settings


def _in_sections(table: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the table with the settings at its top in their sections, and which are there as well."""
    found = {name: value for name, value in table.items() if name not in _SECTION_OF}
    twice = []
    for name in (name for name in table if name in _SECTION_OF):
        section = found.setdefault(_SECTION_OF[name], {})
        if isinstance(section, dict) and name not in section:
            section[name] = table[name]
        else:
            twice.append(Fault((name,), f"is there, and a [{_SECTION_OF[name]}] as well: keep one"))
    return found, twice


def save(path: Path, settings: Settings) -> None:
    """Write a new settings file with every option, what it is and its range."""
    try:
        path.touch(mode=0o600)  # an address may hold a provider's key
        path.write_text(to_toml(settings), encoding="utf-8")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): make room, or name another folder"
        ) from error


def to_toml(settings: Settings) -> str:
    """Return the text of a settings file."""
    lines = [
        "# A Sealmote gateway. Restart it after a change.",
        f'origin = "{settings.origin}"',
    ]
    for name, section in _SECTIONS.items():
        lines += ["", f"[{name}]"]
        for one in members_of(section):
            kind = one.type
            lines.append(f"# {one.description}")
            value = getattr(getattr(settings, name), one.name)
            if isinstance(kind, Number | Whole):
                lines.append(f"{one.key} = {value:g}  # {kind.least:g} to {kind.most:g}")
            else:
                shown = f"{one.key} = {json.dumps(value, ensure_ascii=False)}"
                lines.append(f"# {one.key} = []" if value == () else shown)
    return "\n".join(lines) + "\n"

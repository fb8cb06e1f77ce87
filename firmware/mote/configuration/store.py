"""Configuration store: reads sections, and replaces the file whole or not at all."""

import json
import os

from mote.configuration import config, json_file
from mote.errors import ConfigError, UplinkError
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    Sections = dict[str, object]

_NEW = config.PATH + ".new"
_NEEDED = ("wifi", "gateway")


def sections() -> "Sections":
    """Return what is configured, {} where nothing is. Raises `ConfigError` if it is not readable."""
    try:
        found = json_file.load(config.PATH)
    except OSError:
        return {}
    if not isinstance(found, dict):
        raise ConfigError("%s is no JSON object: run `sealmote provision`" % config.PATH)
    return found


def missing(found: "Sections") -> list[str]:
    """Return which of the sections that every board needs are not there."""
    return [name for name in _NEEDED if name not in found]


def check(found: "Sections") -> None:
    """Raise `ConfigError`, which lists every fault, unless a board can run with this."""
    ca = config.read(found).gateway.ca
    if ca:
        _check_certificates(ca)
    if len(json.dumps(found)) > config.MAX_SIZE:
        raise ConfigError("the configuration has more than %d bytes" % config.MAX_SIZE)


def _check_certificates(ca: str) -> None:
    """Raise `ConfigError` unless ``ca`` is a file from which TLS takes its certificates."""
    from mote.uplink import tls

    try:
        tls.context(ca)
    except UplinkError as error:
        raise ConfigError("%s; `sealmote provision --ca FILE` puts one there" % error)


def write(found: "Sections") -> None:
    """Replace the configuration; durable on return. Raises `ConfigError`, and leaves the old one.

    One that lacks a section waits for it, and starts nothing; a whole one is checked first.
    """
    if not missing(found):
        check(found)
    try:
        with open(_NEW, "w") as file:
            json.dump(found, file)
        os.rename(
            _NEW, config.PATH
        )  # littlefs puts one in the other's place at once, or not at all
    except OSError as error:
        _remove_new()
        raise ConfigError(
            "%s cannot be written (%s): the filesystem is full or damaged; the old one stays. Let the"
            " board send its readings first" % (config.PATH, error)
        )


def _remove_new() -> None:
    try:
        os.remove(_NEW)
    except OSError:
        return  # it was not even begun

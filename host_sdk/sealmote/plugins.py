"""Entry points of other installed packages: found by group and name, loaded when they are asked for.

A package declares them in its `pyproject.toml` (docs/guides/plugins.md):

    [project.entry-points."sealmote.commands"]
    weather = "sealmote_weather.command:app"

Nothing of a plugin runs before `Plugin.load`.
"""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, TypeVar

from sealmote.common.fault_log import describe
from sealmote.errors import SealmoteError

COMMANDS: Final = "sealmote.commands"
EXPORTERS: Final = "sealmote.exporters"
INGRESS: Final = "sealmote.ingress"
SENSORS: Final = "sealmote.sensors"

T = TypeVar("T")


@dataclass(frozen=True)
class SensorPlugin:
    """What a package offers under `sealmote.sensors`, by the name of the chip.

    driver: the file for the board, which goes to /lib there under its own name · model: the chip's model
    for the simulator (docs/guides/plugins.md).
    """

    driver: Path
    model: Path


class PluginError(SealmoteError):
    """A plugin that cannot be used; the message names its package and the next step."""


@dataclass(frozen=True)
class Plugin:
    """What one or, by mistake, several packages offer under one name of a group."""

    name: str
    entries: tuple[EntryPoint, ...]

    @property
    def packages(self) -> str:
        """Names and versions of the packages that it comes from."""
        return ", ".join(map(_package, self.entries))

    def load(self, kind: type[T]) -> T:
        """Import it and return what it offers, an instance of ``kind``.

        Raises PluginError if two packages offer it, if importing it fails, or if it is something else.
        """
        if len(self.entries) > 1:
            raise PluginError(
                f"{self.name!r} is offered by {self.packages}: keep one and uninstall the others "
                "(pip uninstall NAME)"
            )
        (entry,) = self.entries
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:  # somebody else's code: the rest goes on
            raise self._unusable(f"it cannot be loaded: {describe(error)}") from error
        if not isinstance(found, kind):
            raise self._unusable(
                f"{entry.value} is a {type(found).__name__}, not a {kind.__name__}"
            )
        return found

    def _unusable(self, why: str) -> PluginError:
        entry = self.entries[0]
        return PluginError(
            f"the plugin {self.name!r} ({entry.group}) of {self.packages} cannot be used: {why}. "
            f"Update that package, or uninstall it (pip uninstall {_name(entry)})"
        )


def find(group: str) -> dict[str, Plugin]:
    """Return the plugins of a group by name, in the order of their names; none of them is loaded."""
    entries: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=group):
        known = entries.setdefault(entry.name, [])
        if entry.value not in {one.value for one in known}:  # a package found twice on the path
            known.append(entry)
    return {name: Plugin(name, tuple(entries[name])) for name in sorted(entries)}


def _name(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown package"


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"

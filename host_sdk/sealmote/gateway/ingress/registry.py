"""Registry of listeners: those of installed packages, for the tables `[ingress.NAME]` of gateway.toml."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, cast

from sealmote import plugins
from sealmote.common.fault_log import describe
from sealmote.errors import SealmoteError
from sealmote.gateway.errors import SettingsError
from sealmote.gateway.ingress.listener import Listener, ListenerFactory
from sealmote.gateway.intake import Intake
from sealmote.models import ModelError
from sealmote.plugins import PluginError

HTTP: Final = "http"
"""The one listener that is always there; the command line says where it listens."""

Table = Mapping[str, object]
_Make = Callable[[Intake, Table], Listener]


def factories(tables: Mapping[str, Table]) -> dict[str, ListenerFactory]:
    """Return what makes each listener that has a table of settings, by name.

    Raises SettingsError if no package offers one of that name, PluginError if its plugin is broken.
    """
    brought = plugins.find(plugins.INGRESS)
    return {
        name: partial(_make, name, _load(name, brought), table) for name, table in tables.items()
    }


def _load(name: str, brought: Mapping[str, plugins.Plugin]) -> _Make:
    if name == HTTP:
        raise SettingsError(
            "ingress.http: HTTP is always there; `sealmote gateway run` takes --host and --port:"
            " remove the table"
        )
    if name not in brought:
        known = ", ".join(sorted(brought.keys() - {HTTP})) or "none"
        raise SettingsError(
            f"ingress.{name}: no installed package has a way in of that name (there are: {known}):"
            " install the one that has it, or remove the table"
        )
    found = brought[name].load(type)
    if not issubclass(found, Listener):
        raise PluginError(
            f"the plugin {name!r} of {brought[name].packages} cannot be used: {found.__name__} is no"
            " sealmote.gateway.ingress.listener.Listener. Update that package, or uninstall it"
        )
    return cast("_Make", found)


def _make(name: str, make: _Make, table: Table, intake: Intake) -> Listener:
    try:
        return make(intake, table)
    except ModelError as error:
        raise SettingsError(f"ingress.{name}: {error}") from error
    except SealmoteError:
        raise
    except Exception as error:  # a plugin's, it may be anything
        raise PluginError(
            f"the listener {name} cannot be made: {describe(error)}: correct [ingress.{name}] in"
            " gateway.toml, or remove it"
        ) from error

"""Registry of exporters: those that are always there, and what installed packages add."""

from collections.abc import Mapping
from typing import Final

from sealmote import plugins
from sealmote.common.fault_log import FaultLog
from sealmote.gateway.exports.csv_export import CSV
from sealmote.gateway.exports.exporter import Exporter
from sealmote.gateway.exports.json_export import JSON

BUILT_IN: Final[Mapping[str, Exporter]] = {"json": JSON, "csv": CSV}
"""By the name that `format` asks for; the first is preferred where a client takes several alike."""


def exporters(faults: FaultLog) -> dict[str, Exporter]:
    """Return all exporters by name. A plugin that cannot be used is left out, and the log says why."""
    found = dict(BUILT_IN)
    for name, plugin in plugins.find(plugins.EXPORTERS).items():
        if name in BUILT_IN:
            faults.report("an exporter of %s is left out: %s is built in", plugin.packages, name)
            continue
        try:
            found[name] = plugin.load(Exporter)
        except plugins.PluginError as error:
            faults.report("an exporter is left out", error=error)
    return found

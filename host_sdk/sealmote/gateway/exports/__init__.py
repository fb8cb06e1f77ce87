"""Exports of readings: rows that are made once, and exporters that encode them; packages can add more.

rows         what an exporter is given
exporter     what it has to be
json_export, csv_export  those that are always there
registry     those, and what packages add by the entry points `sealmote.exporters` (docs/guides/plugins.md)
"""

from sealmote.gateway.exports.exporter import Encoder, Exporter
from sealmote.gateway.exports.rows import Reading, Value
from sealmote.gateway.store.integrity import Damage

__all__ = ["Damage", "Encoder", "Exporter", "Reading", "Value"]

"""Cache of device reports as they are sent: one is made anew when something about the device has changed.

A device with many gaps has a report that takes long to make, and anybody may ask for it again and again.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

from sealmote.gateway.reports import device_report
from sealmote.gateway.store.session import Reader
from sealmote.gateway.web.json_answer import to_text

_MOST_BYTES = 16 << 20


class _Kept(NamedTuple):
    version: device_report.Version
    encoded: bytes


class ReportCache:
    """Holds `most` bytes of reports; what nobody asked for longest goes first. Any thread may ask."""

    def __init__(self, most: int = _MOST_BYTES):
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._size = 0

    def report(self, reader: Reader, thumbprint: bytes) -> bytes | None:
        """Return a device's report as JSON, None if there is no such device."""
        version = device_report.version(reader, thumbprint)
        if version is None:
            return None
        with self._lock:
            kept = self._kept.get(thumbprint)
            if kept is not None and kept.version == version:
                self._kept.move_to_end(thumbprint)
                return kept.encoded
        encoded = to_text(device_report.report_of(reader, version)).encode()
        self._keep(thumbprint, _Kept(version, encoded))
        return encoded

    def _keep(self, thumbprint: bytes, made: _Kept) -> None:
        with self._lock:
            before = self._kept.pop(thumbprint, None)
            self._size += len(made.encoded) - (len(before.encoded) if before else 0)
            self._kept[thumbprint] = made
            while self._size > self._most:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone.encoded)

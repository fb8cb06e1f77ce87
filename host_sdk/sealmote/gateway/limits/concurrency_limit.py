"""Limits on concurrent work, in all and for each source, so that memory stays bounded."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sealmote.gateway.errors import BusyError


class ConcurrencyLimit:
    """At most `most` in all, and `most_each` of one source. For one thread."""

    def __init__(self, what: str, most: int, most_each: int | None = None):
        self._what = what
        self._most = most
        self._most_each = most if most_each is None else most_each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def held(self, source: str) -> Iterator[None]:
        """Hold a place while the context lasts; BusyError if there is none."""
        if self._taken.total() >= self._most or self._taken[source] >= self._most_each:
            raise BusyError(f"{self._taken.total()} {self._what} are being worked on")
        self._taken[source] += 1
        try:
            yield
        finally:
            self._taken[source] -= 1
            if not self._taken[source]:
                del self._taken[source]

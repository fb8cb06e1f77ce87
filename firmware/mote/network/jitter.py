"""Random waits and exponential backoff, so that boards that fail together do not come back together."""

import os


def below(limit: int) -> int:
    """Return a random integer in 0..limit-1, for limit in 1..2**31. Not for keys."""
    return int.from_bytes(os.urandom(4), "big") % limit


def around(milliseconds: int) -> int:
    """Return half to one and a half times as many milliseconds."""
    return milliseconds // 2 + below(milliseconds + 1)


class Backoff:
    """Exponential backoff with full jitter: each wait is uniform in 0..min(cap, base * 2**failures).

    The spread over the whole interval, not a margin at its end, is what keeps a thousand boards
    apart after an outage.
    """

    def __init__(self, base_ms: int, cap_ms: int) -> None:
        self._base_ms = base_ms
        self._cap_ms = cap_ms
        self._ceiling_ms = base_ms

    def next_ms(self) -> int:
        """Return how long to wait after one more failure."""
        wait = below(self._ceiling_ms + 1)
        self._ceiling_ms = min(self._cap_ms, self._ceiling_ms * 2)
        return wait

    def reset(self) -> None:
        """Begin again after a success."""
        self._ceiling_ms = self._base_ms

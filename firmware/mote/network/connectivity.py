"""Connectivity check: whether anything passes through the joined network, by what its users report.

A board may be joined to an access point that has forgotten it, and nothing tells but that everything
fails. So what fails for a while is doubted; whoever can ask somebody else then does, and where that
fails as well the network is left and joined anew. Each time in vain waits twice as long as the last.
"""

import errno

from mote import uptime
from mote.errors import ClockError, MoteError, SilentError
from sealwire._compat import const

_DOUBT_MS = const(180_000)
_DOUBT_MAX_MS = const(3_600_000)
_OPINION_MS = const(120_000)  # for a second opinion


class Connectivity:
    """`passed` and `failed` are told; ``doubted`` is set while everything has failed for a while.

    ``left``: how often the network was left for it since something passed.
    """

    def __init__(self) -> None:
        self.doubted = False
        self.left = 0
        self._failing_ms: int | None = None  # uptime since which all that was tried failed
        self._doubted_ms = 0

    def passed(self) -> None:
        """Something came from the network, whatever it was."""
        self.left = 0
        self.begin()

    def failed(self, error: Exception) -> None:
        """Judge what an exchange failed by: something came, or nothing where something should have."""
        if isinstance(error, OSError):
            silent = error.errno not in (errno.ECONNREFUSED, errno.ECONNRESET)
        elif isinstance(error, MoteError):
            silent = isinstance(error, (SilentError, ClockError))
        else:
            return  # such as too little heap
        if not silent:
            self.passed()
            return
        now_ms = uptime.milliseconds()
        if self._failing_ms is None:
            self._failing_ms = now_ms
        elif now_ms - self._failing_ms >= min(_DOUBT_MS << self.left, _DOUBT_MAX_MS):
            if not self.doubted:
                self._doubted_ms = now_ms
            self.doubted = True

    def begin(self) -> None:
        """Know nothing: the network has been joined just now."""
        self._failing_ms = None
        self.doubted = False

    @property
    def stuck(self) -> bool:
        """Whether the network is to be left: it was doubted, and no second opinion came in time."""
        return self.doubted and uptime.milliseconds() - self._doubted_ms >= _OPINION_MS

    def leave(self) -> int:
        """Count the network's being left; return how often it was since something passed."""
        self.left = min(self.left + 1, 8)
        self.begin()
        return self.left

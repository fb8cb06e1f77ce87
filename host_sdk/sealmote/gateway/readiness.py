"""Readiness: whether a promise that is made now can be kept, by all that it depends on."""

from sealmote.gateway.clock import ClockWatch
from sealmote.gateway.errors import NotAcceptingError
from sealmote.gateway.publishing.anchorer import Anchorer
from sealmote.gateway.publishing.publisher import Publisher
from sealmote.gateway.supervisor import Supervisor

_HALTED_RETRY_S = 60  # a person has to act
_DOUBT_RETRY_S = 10


class Readiness:
    """Asks the service's parts; `publish_within_s` is how long a checkpoint may take at most."""

    def __init__(
        self,
        supervisor: Supervisor,
        publisher: Publisher,
        anchorer: Anchorer | None,
        clock: ClockWatch,
        publish_within_s: float,
    ):
        self._supervisor = supervisor
        self._publisher = publisher
        self._anchorer = anchorer
        self._clock = clock
        self._publish_within_s = publish_within_s

    def check(self) -> None:
        """Raise NotAcceptingError if a promise that was made now might not be kept."""
        if halted := self._halted():
            raise NotAcceptingError(halted, _HALTED_RETRY_S)
        if doubt := self._doubt():
            raise NotAcceptingError(doubt, _DOUBT_RETRY_S)

    def fault(self) -> str | None:
        """Say why nothing is accepted, None while all is well."""
        return self._halted() or self._doubt()

    def may_sign(self) -> bool:
        """Say whether the log can fork no more than it has: before the chain was asked, it could."""
        return self._anchorer is None or self._anchorer.doubt() is None

    def _halted(self) -> str | None:
        """Say what only a person can set right."""
        return (
            self._supervisor.failed
            or self._publisher.halted
            or (self._anchorer.halted if self._anchorer else None)
        )

    def _doubt(self) -> str | None:
        """Say what may pass by itself."""
        if fault := self._clock.fault():
            return fault
        if self._anchorer and (doubt := self._anchorer.doubt()):
            return doubt
        return self._publisher.doubt(self._publish_within_s)

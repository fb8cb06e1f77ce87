"""Interface of a way in: what it is given, what it promises, and how a package adds one.

A listener accepts connections, packets or lines of one protocol and hands each batch to the intake. All
that protects the log is done there, for every listener alike: whether anything may be accepted now, the
bounds on a body, its splitting into messages, the fair order, and the bound on concurrent work. Its own are
its protocol's bounds: on connections, on the time that one may take, on what it reads before it asks.

    class Lines(Listener):
        def __init__(self, intake: Intake, settings: Mapping[str, object]): ...

        async def _answer(self, line: bytes, peer: str) -> bytes:
            try:
                return await self._intake.take(
                    bytes.fromhex(line.decode()), several=True, source=source_of(peer)
                )
            except Exception as error:
                return refusal_of(error, self._faults, "a line").cause.encode()

A package offers it by an entry point, and a gateway opens it if its settings have a table of that name:

    [project.entry-points."sealmote.ingress"]           # the package's pyproject.toml
    lines = "sealmote_lines:Lines"

    [ingress.lines]                                     # gateway.toml
    port = 9000
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from sealmote.gateway.intake import Intake


class Listener(ABC):
    """One way in. All methods are called on the event loop that the gateway runs on."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to accept. Raises GatewayError, with the next step, if that cannot be."""

    @abstractmethod
    async def stop(self) -> None:
        """Accept nothing more, answer what is being worked on, and let go of port, file or broker.

        Called once, also if `start` failed or was never called; the intake still works meanwhile.
        """

    @abstractmethod
    def health(self) -> str | None:
        """Say in a sentence what keeps it from accepting, None while nothing does; the status shows it."""


ListenerFactory = Callable[[Intake], Listener]
"""Makes a listener, which `start` starts; raises GatewayError for settings that it cannot use."""

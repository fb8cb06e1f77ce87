"""Protocol of the demo's boards, simulated or not."""

from typing import Protocol

from sealmote.demo.progress import BoardView
from sealwire.keys import PublicKey
from sealwire.registration import Terms


class DemoBoard(Protocol):
    """A board that has its key and is off."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    @property
    def key(self) -> PublicKey:
        """Its public key."""

    def consent(self, terms: Terms) -> bytes:
        """Return the registration: these terms, signed by its key."""

    def start(self, view: BoardView) -> None:
        """Switch it on; ``view`` is told what it does."""

    def stop(self) -> None:
        """Switch it off."""

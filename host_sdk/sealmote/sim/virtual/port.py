"""Interface of the port that a virtual board is plugged into; `pty` and `rfc2217` implement it."""

from typing import Protocol


class Plug(Protocol):
    """Hears what happens on the line; each is called in the port's own thread, in order."""

    def came(self, data: bytes) -> None:
        """Bytes have come in."""

    def left(self) -> None:
        """Note that the last program that had the port open has closed it."""

    def held(self) -> None:
        """Hold the board in reset, as DTR and RTS say."""

    def started(self, *, download: bool) -> None:
        """Let it start, into download mode or not."""


class Port(Protocol):
    """The end of a serial line that programs open by its name."""

    has_lines: bool
    """Whether programs can move DTR and RTS."""

    @property
    def name(self) -> str:
        """What programs open: a device's path, or a URL."""

    def start(self, plug: Plug) -> None:
        """Begin to listen, in a thread."""

    def write(self, data: bytes) -> None:
        """Send bytes; they are lost where nobody has the port open, as on any wire."""

    def close(self) -> None:
        """Take the port away; programs that have it open find that out."""

"""Transports: how a batch of messages reaches the gateway, registered by the scheme of `gateway.url`.

One more is a file beside `http`, with a class of the form of `Transport`, and a line in `SCHEMES`; the
configuration takes the schemes, and their ports, from there. docs/guides/transports.md has a whole one.
"""

from collections import namedtuple

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from mote.configuration.url import Url
    from mote.network.clock import Clock

    class Transport(Protocol):
        """Carries batches to one gateway; made once, when the board starts."""

        @property
        def needs_clock(self) -> bool:
            """Whether nothing is sent before the time is known, as where a certificate has dates."""

        def patience_ms(self, messages: int) -> int:
            """Return how long `post` may take with so many messages before it gives up by itself.

            The watchdog gives the board two minutes more. No step of `post` blocks the event loop.
            """

        async def post(self, messages: list[bytes]) -> bytes:
            """Deliver a batch, as whole messages in this order; return the gateway's acknowledgement.

            It is passed on as it came: its signature is checked by the caller, and so is what it says.
            Raises OSError of the network's, and `UplinkError`: `SilentError` where nothing came at all
            (the network is suspected then), ``too_large`` where the batch was (a smaller one follows),
            ``patience_s`` where the gateway wants to be left alone. Whatever it raises, the batch stays.
            """


# port: without one in the URL · tls: whether `gateway.ca` goes with it · open: (url, ca, clock) to a
# `Transport`, which raises `UplinkError` where a file that it needs is no good.
Scheme = namedtuple("Scheme", ("port", "tls", "open"))


def _open_http(url: "Url", ca: str, clock: "Clock") -> "Transport":
    from mote.uplink.http import Http  # here: a board loads the one transport that its URL names

    return Http(url, ca, clock)


SCHEMES = {"http": Scheme(80, False, _open_http), "https": Scheme(443, True, _open_http)}


def open_transport(url: "Url", ca: str, clock: "Clock") -> "Transport":
    """Return what carries batches to ``url``. Raises `UplinkError`."""
    made: Transport = SCHEMES[url.scheme].open(url, ca, clock)
    return made

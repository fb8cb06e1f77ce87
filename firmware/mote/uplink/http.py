"""HTTP transport: HTTP/1.1 with or without TLS, and how long each step of a request may take."""

from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.configuration.url import Url
    from mote.network.clock import Clock


class Http:
    """`post` to the gateway at ``url``; with https the server's certificate is checked against ``ca``."""

    connect_ms = 15_000  # TLS shakes hands with the first bytes written, so within send_ms
    send_ms = 30_000
    answer_ms = 30_000  # for all of it: no server holds a board by a byte a second

    def __init__(self, url: "Url", ca: str, clock: "Clock") -> None:
        self.url = url
        self.clock = clock  # some answers name a time
        self.tls = None
        self.needs_clock = url.tls  # a certificate's dates mean nothing to a board without one
        if url.tls:
            with Unimport():
                from mote.uplink.tls import context

                self.tls = context(ca)

    def patience_ms(self, messages: int) -> int:
        """Return how long `post` may take with so many messages before it gives up by itself."""
        return self.connect_ms + messages * self.send_ms + self.answer_ms

    async def post(self, messages: list[bytes]) -> bytes:
        """Return the answer's body: an acknowledgement, not yet checked.

        Raises `UplinkError`, which names the cause; OSError from the network.
        """
        with Unimport():
            from mote.uplink.http_request import send
        stream, unsent = await send(self, messages)
        del send  # room for what comes now
        with Unimport():
            from mote.uplink.http_response import receive
        return await receive(self, stream, unsent)

"""A gateway's acknowledging side and a time server for one board, both on the board's own clock.

Every message is parsed whole and its signature checked before it is acknowledged, as a gateway
does; nothing else of a gateway is here, so that a campaign of many thousand boots takes no longer
than the boards do.
"""

import hashlib
import http.client
import socket
import ssl
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tools.campaign.identity import stored_key

from sealmote import crypto
from sealmote.crypto import Signer
from sealmote.sim import Host
from sealmote.sim.environment.ntp import answer
from sealmote.sim.runtime.shared_state import SharedState
from sealwire import ack, cose, message
from sealwire.errors import BAD_SIGNATURE, EQUIVOCATION, WireError
from sealwire.keys import ES256, PublicKey
from sealwire.sequence import split_sequence
from sealwire.statement import Statement

ORIGIN = "sealmote.example/campaign"
NAME, PORT = "gateway.campaign", 80
NTP_NAME, NTP_PORT = "ntp.campaign", 123
SIGNER = Signer(ES256, hashlib.sha256(b"a campaign's gateway").digest())
"""The same in every run, so that runs can be compared byte by byte."""

_PATIENCE_S = 5.0
_END = b"end"

Number = tuple[int, int]  # boot and sequence
Run = tuple[int, int, int]  # boot, first and last sequence


@dataclass(frozen=True)
class Received:
    """A message, and how many flash operations the board had done when it came."""

    operations: int
    number: Number
    raw: bytes
    dropped: tuple[Run, ...]


@dataclass
class Mailbox:
    """What has come from one board, whose flash and shared state are those files.

    `sealed` has the bytes under every number, also of those that earlier lives sent; `reused` the
    numbers that came with others; `unsound` what was refused for any other reason.
    """

    flash: Path
    shared_state: SharedState
    received: list[Received] = field(default_factory=list)
    sealed: dict[Number, bytes] = field(default_factory=dict)
    reused: set[Number] = field(default_factory=set)
    unsound: list[str] = field(default_factory=list)
    key: PublicKey | None = None

    def judge(self, raw: bytes) -> ack.Outcome:
        """Take one message in."""
        leaf = cose.leaf_hash(raw)
        try:
            parsed = message.parse(raw)
        except WireError as error:
            self.unsound.append(str(error))
            return ack.Outcome(leaf, ack.REFUSED, error.code)
        if not self._verified(parsed):
            self.unsound.append("a signature that does not verify")
            return ack.Outcome(leaf, ack.REFUSED, BAD_SIGNATURE)
        number = (parsed.header.boot, parsed.header.sequence)
        if self.sealed.setdefault(number, raw) != raw:
            self.reused.add(number)
            return ack.Outcome(leaf, ack.REFUSED, EQUIVOCATION)
        if number in self.numbers():
            return ack.Outcome(leaf, ack.DUPLICATE, None, leaf, self.unix_s() + 60)
        content = parsed.content
        runs = content.account.dropped if isinstance(content, Statement) else []
        dropped = tuple(run[:3] for run in runs)
        self.received.append(Received(self.shared_state.operations, number, raw, dropped))
        return ack.Outcome(leaf, ack.ACCEPTED)

    def numbers(self) -> set[Number]:
        """Numbers that were accepted."""
        return {received.number for received in self.received}

    def _verified(self, parsed: message.Message) -> bool:
        """Check the signature by the key that the board has made, the first time by its flash."""
        if self.key is None:
            self.key = stored_key(self.flash)
        sign1 = parsed.sign1
        return self.key is not None and crypto.verify(
            self.key, sign1.sig_structure(), sign1.signature
        )

    def unix_s(self) -> int:
        """Tell the board's own time."""
        return self.shared_state.now_us // 1_000_000


class Peer:
    """Serves whatever `mailbox` is set to, until it is closed; over TLS with a ``context``."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.mailbox: Mailbox | None = None
        self.tls = context is not None
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._time = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._time.bind(("127.0.0.1", 0))
        self._threads = [
            threading.Thread(target=serve, daemon=True)
            for serve in (self._http.serve_forever, self._tell_time)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Where a board finds it."""
        return (
            Host(NAME, PORT, self._http.server_port),
            Host(NTP_NAME, NTP_PORT, self._time.getsockname()[1]),
        )

    def turn_to(self, mailbox: Mailbox) -> Mailbox:
        """Judge into another mailbox from now on, once all that was sent before is judged.

        A board that lost its power may have left a whole request behind. Requests are taken one after
        another, so when one of our own is answered, every earlier one has been.
        """
        place = "127.0.0.1", self._http.server_port
        connection = http.client.HTTPConnection(*place, timeout=30)
        if self.tls:
            unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(*place, timeout=30, context=unchecked)
        connection.request("GET", "/")
        connection.getresponse().read()
        connection.close()
        self.mailbox = mailbox
        return mailbox

    def acknowledge(self, items: list[bytes]) -> bytes:
        """Judge a batch and sign the word on it."""
        assert self.mailbox is not None
        now = self.mailbox.unix_s()
        outcomes = [self.mailbox.judge(item) for item in items]
        return ack.seal(SIGNER, ack.Acknowledgement(ORIGIN, now, now + 60, outcomes))

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        # Nothing is closed that a thread still waits on: its number may be another socket's by then.
        self._time.sendto(_END, self._time.getsockname())
        for thread in self._threads:
            thread.join()
        self._http.server_close()
        self._time.close()

    def _tell_time(self) -> None:
        while True:
            request, sender = self._time.recvfrom(512)
            if request == _END:
                return
            now = self.mailbox.shared_state.now_us * 1000 if self.mailbox else 0
            if reply := answer(request, now, now):
                self._time.sendto(reply, sender)


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of boards that hang up, which is what they do when their power fails."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # its own words


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = (
            _PATIENCE_S  # a board that lost its power in the middle of a request sends no more
        )

        def do_GET(self) -> None:
            self.close_connection = True
            self.send_response_only(204)
            self.end_headers()

        def do_POST(self) -> None:
            self.close_connection = True
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its power failed in the middle of the request
            several = self.headers["content-type"] == "application/cbor-seq"
            answer = peer.acknowledge(split_sequence(body, 256) if several else [body])
            self.send_response_only(200)
            self.send_header("Content-Type", "application/cose")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *what: object) -> None:
            """Say nothing: the campaign does."""

    return Handler

"""Boards without a simulator: keys on this computer seal made-up values and send them.

The seal, the gateway and everything after it are the real ones (sealwire is one source for board and
host); the board's flash, sensor, Wi-Fi and power cuts are what this cannot show.
"""

import threading
import time

from sealmote.board.provision import GatewayPin
from sealmote.client import Client, GatewayAnswerError
from sealmote.crypto import Signer
from sealmote.demo.options import DemoOptions
from sealmote.demo.progress import BoardView
from sealwire import ack, message, registration, senml
from sealwire.keys import ES256, PublicKey
from sealwire.registration import Terms


class HostBoard:
    """Does what `DemoBoard` says."""

    def __init__(self, number: int, options: DemoOptions, pin: GatewayPin) -> None:
        self.name = f"board-{number}"
        self._number = number
        self._options = options
        self._pin = pin
        self._signer = Signer.generate(ES256)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def key(self) -> PublicKey:
        """Do what `DemoBoard.key` says."""
        return self._signer.public

    def consent(self, terms: Terms) -> bytes:
        """Do what `DemoBoard.consent` says."""
        return registration.seal(self._signer, terms)

    def start(self, view: BoardView) -> None:
        """Do what `DemoBoard.start` says."""
        self._thread = threading.Thread(target=self._run, args=(view,), name=self.name)
        self._thread.start()

    def stop(self) -> None:
        """Do what `DemoBoard.stop` says."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, view: BoardView) -> None:
        for sequence in range(self._options.readings):
            pack = self._values(sequence)
            view.values = " ".join(
                f"{r.mantissa * 10.0**r.exponent:g} {r.unit}" for r in pack.records
            )
            sealed = message.seal(self._signer, pack, 1, sequence, pack.base_time)
            view.sealed += 1
            view.acknowledged += self._send(sealed, view)
            if self._stopping.wait(self._options.period_s):
                return
        view.done = True

    def _values(self, sequence: int) -> senml.Pack:
        drift = 7 * sequence + 31 * self._number
        records = [
            senml.Record("t", "Cel", 2100 + drift, -2),
            senml.Record("h", "%RH", 4500 - drift, -2),
            senml.Record("p", "Pa", 100_600 + drift),
        ]
        return senml.Pack(int(time.time()), records)

    def _send(self, sealed: bytes, view: BoardView) -> int:
        """Post one message; return how many the gateway's signed word says it took."""
        pin = self._pin
        try:
            with Client(pin.url) as gateway:
                outcomes = gateway.send([sealed], pin.key, pin.origin).outcomes
        except GatewayAnswerError as error:
            view.last_line = f"the gateway does not answer: {error}"
            return 0
        return sum(outcome.result == ack.ACCEPTED for outcome in outcomes)

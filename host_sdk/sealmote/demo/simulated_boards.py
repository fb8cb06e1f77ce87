"""The demo's boards on MicroPython's Unix port: the unchanged firmware, from flash images."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sealmote.board import provision
from sealmote.demo.options import DemoOptions
from sealmote.demo.progress import BoardView
from sealmote.sim import Board, Network, NtpServer, Weather
from sealwire.keys import PublicKey
from sealwire.registration import Terms

_WIFI = Network("demo", "correct horse")
_HOST = "127.0.0.1"
# An hour of weather in six seconds, and each board two days further on than the one before.
_WEATHER_SPEED = 600.0
_HOURS_APART = 48.0


class SimulatedBoard:
    """Does what `DemoBoard` says."""

    def __init__(self, name: str, board: Board, key: PublicKey) -> None:
        self.name = name
        self.key = key
        self._board = board

    def consent(self, terms: Terms) -> bytes:
        """Do what `DemoBoard.consent` says."""
        return provision.register(self._board, self.key, terms)

    def start(self, view: BoardView) -> None:
        """Do what `DemoBoard.start` says."""
        self._board.serial.listen(view.see)
        self._board.start()

    def stop(self) -> None:
        """Do what `DemoBoard.stop` says."""
        self._board.stop()


class BoardFactory:
    """Makes boards in a folder, provisioned for one gateway."""

    def __init__(
        self, folder: Path, options: DemoOptions, pin: provision.GatewayPin, ntp_port: int
    ) -> None:
        self._folder = folder
        self._config = {
            "wifi": {"ssid": _WIFI.ssid, "password": _WIFI.password},
            "gateway": pin.config(),
            "ntp": {"host": _HOST, "port": ntp_port},
            "sample": {
                "period_s": options.period_s,
                "count": options.readings,
                "sensors": ["bme280"],
            },
            "upload": {"batch": 20, "period_s": 5},
        }

    def make(self, number: int) -> SimulatedBoard:
        """Make a board and have it make its key."""
        weather = Weather.recorded(start_hour=number * _HOURS_APART, speed=_WEATHER_SPEED)
        name = f"board-{number}"
        board = Board.create(self._folder / name, wifi=[_WIFI], weather=weather)
        board.install(config=self._config)
        return SimulatedBoard(name, board, provision.identity(board).key)


@asynccontextmanager
async def board_factory(
    folder: Path, options: DemoOptions, pin: provision.GatewayPin
) -> AsyncIterator[BoardFactory]:
    """Yield what makes the boards; a time server runs meanwhile."""
    async with NtpServer(_HOST) as ntp:
        yield BoardFactory(folder, options, pin, ntp.port)

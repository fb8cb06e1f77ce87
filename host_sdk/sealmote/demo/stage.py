"""What the demo stands on, put up in order and taken down in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sealmote.board import provision
from sealmote.chain import ChainClient, connect, dev_account
from sealmote.gateway import Gateway, Options
from sealmote.sim import Board, Network, NtpServer, Weather

ORIGIN = "sealmote.example/demo"
_WIFI = Network("demo", "correct horse")
_HOST = "127.0.0.1"
# An hour of weather in six seconds, and each board two days further on than the one before.
_WEATHER_SPEED = 600.0
_HOURS_APART = 48.0


@dataclass(frozen=True)
class DemoOptions:
    """How large the demo is; ``period_s`` is the time between two readings of a board."""

    boards: int = 3
    readings: int = 20
    period_s: int = 2


@dataclass(frozen=True)
class DemoBoard:
    """A board that is registered and ready to be switched on."""

    name: str
    board: Board
    identity: provision.BoardIdentity


@dataclass(frozen=True)
class Stage:
    """Everything that stands while the demo runs; ``acknowledgements`` grows meanwhile."""

    chain: ChainClient
    gateway: Gateway
    boards: list[DemoBoard]
    acknowledgements: list[bytes]


@asynccontextmanager
async def stage(
    folder: Path, options: DemoOptions, say: Callable[[str], None]
) -> AsyncIterator[Stage]:
    """Put chain, gateway and boards up in ``folder``; boards are off yet, and cut off at the end."""
    acknowledgements: list[bytes] = []
    say("starting an EVM chain and deploying the contracts")
    chain = await asyncio.to_thread(_open_chain, folder)
    gateway = Gateway.create(folder / "gateway", ORIGIN, _options())
    boards: list[DemoBoard] = []
    try:
        say("starting the gateway, which opens its log on the chain")
        await gateway.start(_HOST, 0, chain, on_acknowledged=acknowledgements.append)
        async with NtpServer(_HOST) as ntp:
            for number in range(1, options.boards + 1):
                say(f"board {number}: boots, makes its key, and consents to be registered")
                made = await asyncio.to_thread(
                    _make_board, folder, number, options, gateway, chain, ntp.port
                )
                boards.append(made)
            yield Stage(chain, gateway, boards, acknowledgements)
    finally:
        for made in boards:
            await asyncio.to_thread(made.board.stop)
        await gateway.stop()
        gateway.close()
        chain.close()


def _open_chain(folder: Path) -> ChainClient:
    chain = connect(f"embedded:{folder / 'chain.sqlite'}", dev_account())
    chain.deploy(folder / "deployment.json")
    return chain


def _options() -> Options:
    return Options(merge_delay_s=30.0, checkpoint_period_s=1.0, anchor_period_s=5.0)


def _make_board(
    folder: Path,
    number: int,
    options: DemoOptions,
    gateway: Gateway,
    chain: ChainClient,
    ntp_port: int,
) -> DemoBoard:
    weather = Weather.recorded(start_hour=number * _HOURS_APART, speed=_WEATHER_SPEED)
    board = Board.create(folder / f"board-{number}", wifi=[_WIFI], weather=weather)
    board.install(config=_config(options, gateway, ntp_port))
    identity = provision.identity(board)
    owner = dev_account(number).address
    terms = chain.registration_terms(identity.key, owner)
    registration = provision.register(board, identity.key, terms)
    chain.register_device(identity.key, registration)
    gateway.add_device(identity.key, owner, registration)
    return DemoBoard(f"board-{number}", board, identity)


def _config(options: DemoOptions, gateway: Gateway, ntp_port: int) -> dict[str, object]:
    pin = provision.GatewayPin(gateway.url, gateway.origin, gateway.ack_key)
    return {
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

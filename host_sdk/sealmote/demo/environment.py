"""Start and stop what the demo needs: chain, gateway, boards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sealmote import extras
from sealmote.board import provision
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.common.timestamps import in_one_hour
from sealmote.demo.board_protocol import DemoBoard
from sealmote.demo.host_boards import HostBoard
from sealmote.demo.options import DemoOptions
from sealmote.errors import SealmoteError
from sealmote.gateway import ChainOptions, Gateway, LogOptions, Options
from sealwire.registration import Terms

ORIGIN = "sealmote.example/demo"
_HOST = "127.0.0.1"
_NO_CONTRACT = bytes(20)


@dataclass(frozen=True)
class Environment:
    """Everything that stands while the demo runs; ``acknowledgements`` grows meanwhile.

    ``chain`` is None where this installation has none.
    """

    chain: ChainClient | None
    gateway: Gateway
    boards: list[DemoBoard]
    acknowledgements: list[bytes]


@asynccontextmanager
async def running_environment(
    folder: Path, options: DemoOptions, say: Callable[[str], None]
) -> AsyncIterator[Environment]:
    """Put chain, gateway and boards up in ``folder``; boards are off yet, and cut off at the end."""
    acknowledgements: list[bytes] = []
    chain = await asyncio.to_thread(_open_chain, folder, say)
    gateway = Gateway.create(folder / "gateway", ORIGIN, _options())
    boards: list[DemoBoard] = []
    try:
        say("starting the gateway" + (", which opens its log on the chain" if chain else ""))
        await gateway.start(_HOST, 0, chain, on_acknowledged=acknowledgements.append)
        pin = provision.GatewayPin(gateway.url, gateway.origin, gateway.ack_key)
        async with _board_factory(folder, options, pin, say) as make:
            for number in range(1, options.boards + 1):
                say(f"board {number}: makes its key, and consents to be registered")
                board = await asyncio.to_thread(make, number)
                boards.append(board)
                await asyncio.to_thread(_register, board, number, gateway, chain)
            yield Environment(chain, gateway, boards, acknowledgements)
    finally:
        for board in boards:
            await asyncio.to_thread(board.stop)
        await gateway.stop()
        gateway.close()
        if chain:
            chain.close()


def _open_chain(folder: Path, say: Callable[[str], None]) -> ChainClient | None:
    try:
        chain = connect(f"embedded:{folder / 'chain.sqlite'}", dev_account())
    except ModuleNotFoundError as error:
        say(f"not shown: anchors on a chain and what a chain proves. {extras.explain(error)}")
        return None
    say("starting an EVM chain and deploying the contracts")
    chain.deploy(folder / "deployment.json")
    return chain


@asynccontextmanager
async def _board_factory(
    folder: Path, options: DemoOptions, pin: provision.GatewayPin, say: Callable[[str], None]
) -> AsyncIterator[Callable[[int], DemoBoard]]:
    """Yield what makes a board: a simulated one where MicroPython runs, else what stands in for it."""
    try:
        simulated = _simulated()
    except (SealmoteError, ModuleNotFoundError) as error:
        why = extras.explain(error) if isinstance(error, ModuleNotFoundError) else error
        say(
            f"not shown: the firmware on its board, with flash, sensor and Wi-Fi. {why}."
            " Keys on this computer seal made-up values instead, by the same sealwire"
        )
        yield lambda number: HostBoard(number, options, pin)
        return
    async with simulated.board_factory(folder, options, pin) as made:
        yield made.make


def _simulated() -> Any:
    module = import_module("sealmote.demo.simulated_boards")  # needs the extra `sim`
    import_module("sealmote.sim.runtime.interpreter").command()
    return module


def _options() -> Options:
    return Options(
        log=LogOptions(merge_delay_s=30.0, checkpoint_period_s=1.0),
        chain=ChainOptions(anchor_period_s=5.0),
    )


def _register(board: DemoBoard, number: int, gateway: Gateway, chain: ChainClient | None) -> None:
    owner = dev_account(number).address
    if chain:
        registration = board.consent(chain.registration_terms(board.key, owner))
        chain.register_device(board.key, registration)
    else:  # a gateway's own registry (docs/spec/wire.md, "Registration")
        registration = board.consent(Terms(0, _NO_CONTRACT, owner, 0, in_one_hour()))
    gateway.add_device(board.key, owner, registration)

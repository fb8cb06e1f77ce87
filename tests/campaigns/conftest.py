"""Campaigns need a fork server and a peer; the firmware is this checkout's, compiled."""

from collections.abc import Iterator

import pytest
from tools.campaign.peer import Peer

from sealmote.sim import ForkServer


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer(compiled=True) as server:
        yield server


@pytest.fixture
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.close()

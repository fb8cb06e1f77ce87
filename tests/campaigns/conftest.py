"""Campaigns need a warm interpreter and a peer; the firmware is this checkout's, compiled."""

from collections.abc import Iterator

import pytest
from tools.campaign.peer import Peer

from sealmote.sim import Nursery


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(compiled=True) as warm:
        yield warm


@pytest.fixture
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.close()

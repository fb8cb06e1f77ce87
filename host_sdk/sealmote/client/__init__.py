"""A client of gateways: everything that one can be asked, typed, from asyncio and without.

    with Client("http://127.0.0.1:8470") as gateway:
        print(gateway.status().size)
        for reading in gateway.readings(boot=3):
            print(reading.time or reading.derived_time, reading.records)
        gateway.proof(leaf=1).to_json()

`AsyncClient` has the same for asyncio. What is answered is checked against its declaration
(`sealmote.api`) and against what was asked; whether a proof holds is for `sealmote.proof.verify`.

async_client  the client: what it asks
blocking      the same without asyncio
transport     one request and its whole answer, within bounds of time and size
answer_check  answers compared with what was asked
errors        what can go wrong
"""

from sealmote.client.async_client import AsyncClient
from sealmote.client.blocking import Client
from sealmote.client.errors import GatewayAnswerError, UnreachableGatewayError

__all__ = ["AsyncClient", "Client", "GatewayAnswerError", "UnreachableGatewayError"]

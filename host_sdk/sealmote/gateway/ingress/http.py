"""HTTP listener: aiohttp on one TCP port, with bounds on connections."""

import asyncio

from aiohttp import web

from sealmote.common import listen_errors
from sealmote.gateway.errors import GatewayError
from sealmote.gateway.ingress.listener import Listener
from sealmote.gateway.limits.open_files import room_for
from sealmote.gateway.web.app import make_app
from sealmote.gateway.web.connections import Connections
from sealmote.gateway.web.context import Context

SHUTDOWN_S = 5.0  # for requests that are being answered
_BACKLOG = 1024  # connections that nobody has looked at yet


class HttpListener(Listener):
    """Serves `gateway.web`; port 0 takes a free one, which `port` names once it has started."""

    def __init__(self, context: Context, host: str, port: int):
        self._host = host
        self.port = port
        options = context.options
        most = room_for(options.limits.max_connections)
        self._connections = Connections(most, options.limits.body_timeout_s, context.faults)
        app = make_app(context)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; GatewayError if the port is taken or the address is none of this machine's."""
        await self._runner.setup()
        assert self._runner.server is not None
        factory = self._connections.factory(self._runner.server)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                factory, self._host, self.port, backlog=_BACKLOG
            )
        except OSError as error:
            raise GatewayError(listen_errors.explain(self._host, self.port, error)) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port, answer the requests that are being worked on, end the connections."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()
        self._connections.close()

    def health(self) -> str | None:
        """Say whether it listens."""
        is_open = self._server is not None and self._server.is_serving()
        return None if is_open else "the port is not open: start the gateway again"

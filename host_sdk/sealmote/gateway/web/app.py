"""The routes, and the bounds on what is worked on at once."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from sealmote.gateway.intake import MAX_BODY
from sealmote.gateway.web import about, browse, challenging, ingest, tlog
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.problem import Handler, problems, unavailable

ROUTES = (
    ("POST", "/v1/readings", ingest.post_readings),
    ("GET", "/v1/readings", browse.get_readings),
    ("GET", "/v1/devices", browse.get_devices),
    ("GET", "/v1/devices/{thumbprint}", browse.get_device),
    ("POST", "/v1/devices/{thumbprint}/challenge", challenging.post_challenge),
    ("GET", "/v1/proofs/{leaf}", tlog.get_proof),
    ("GET", "/v1/keys", about.get_keys),
    ("GET", "/v1/status", about.get_status),
    ("GET", "/checkpoint", tlog.get_checkpoint),
    ("GET", "/tile/entries/{path:.+}", tlog.get_entries),
    ("GET", "/tile/{level}/{path:.+}", tlog.get_tile),
    ("GET", "/openapi.json", about.get_openapi),
)


def make_app(context: Context) -> web.Application:
    """Return the gateway's HTTP interface."""
    app = web.Application(
        middlewares=[problems, _bound(context.options.max_requests)], client_max_size=MAX_BODY
    )
    app[CONTEXT] = context
    for method, path, handler in ROUTES:
        app.router.add_route(method, path, handler)
    return app


def _bound(most: int) -> Middleware:
    """Turn requests away at once when `most` are being worked on, so that memory stays bounded."""
    active = 0

    @web.middleware
    async def bound(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal active
        if active >= most:
            raise unavailable(
                f"{most} requests are being worked on", "send the request again later"
            )
        active += 1
        try:
            return await handler(request)
        finally:
            active -= 1

    return bound

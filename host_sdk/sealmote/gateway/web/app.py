"""Routes of the HTTP interface, and the middlewares that every request passes."""

from aiohttp import web

from sealmote.gateway.intake import MAX_BODY
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.web import about, browse, challenges, ingest, tlog
from sealmote.gateway.web.connections import SERVER
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.problem import Handler, problems
from sealmote.gateway.web.request_body import receive

ROUTES = (
    ("POST", "/v1/readings", ingest.post_readings),
    ("GET", "/v1/readings", browse.get_readings),
    ("GET", "/v1/devices", browse.get_devices),
    ("GET", "/v1/devices/{thumbprint}", browse.get_device),
    ("POST", "/v1/devices/{thumbprint}/challenge", challenges.post_challenge),
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
    middlewares = [
        problems(context.faults),
        receive(context.options.limits.body_timeout_s),
        _bound_reading,
    ]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
    app[CONTEXT] = context
    for method, path, handler in ROUTES:
        if method == "GET":  # and HEAD with it (RFC 9110 section 9.1)
            app.router.add_get(path, handler)
        else:
            app.router.add_route(method, path, handler)
    app.on_response_prepare.append(_name_server)
    return app


@web.middleware
async def _bound_reading(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn requests away that would read while too many do: the intake has its own bound."""
    if request.method not in ("GET", "HEAD"):
        return await handler(request)
    with request.app[CONTEXT].queries.request(source_of(request.remote)):
        return await handler(request)


async def _name_server(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SERVER

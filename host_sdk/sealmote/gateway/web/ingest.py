"""POST /v1/readings: messages in, one signed acknowledgement out."""

from http import HTTPStatus

from aiohttp import web

from sealmote.gateway.intake import MAX_MESSAGES
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.problem import Problem

ONE = "application/cose"  # RFC 9052 section 11.3.1
SEVERAL = "application/cbor-seq"  # RFC 8742


async def post_readings(request: web.Request) -> web.Response:
    """Accept what can be accepted; the answer has an outcome for each message, in order."""
    context = request.app[CONTEXT]
    _check_media_type(request)
    acknowledgement = await context.intake.take(
        await request.read(),
        several=request.content_type == SEVERAL,
        source=source_of(request.remote),
    )
    return web.Response(body=acknowledgement, content_type=ONE)


def _check_media_type(request: web.Request) -> None:
    if request.content_type not in (ONE, SEVERAL):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"the content type {request.content_type} is not {ONE} or {SEVERAL}",
            f"send one message as {ONE}, or up to {MAX_MESSAGES} as {SEVERAL}",
            headers={"Accept": f"{ONE}, {SEVERAL}"},  # RFC 9110 section 12.5.1
        )

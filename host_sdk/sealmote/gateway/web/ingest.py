"""POST /v1/readings: messages in, one signed acknowledgement out."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from sealmote.gateway.intake import MAX_BODY, MAX_MESSAGES
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.problem import Problem, bad_request, unavailable
from sealwire.errors import WireError
from sealwire.sequence import split_sequence

ONE = "application/cose"  # RFC 9052 section 11.3.1
SEVERAL = "application/cbor-seq"  # RFC 8742


async def post_readings(request: web.Request) -> web.Response:
    """Accept what can be accepted; the answer has an outcome for each message, in order."""
    context = request.app[CONTEXT]
    _check_media_type(request)
    if cause := context.halted():
        raise unavailable(cause, "keep the readings; the operator has to act", retry_after_s=60)
    messages = _split(request.content_type, await read_body(request, context))
    acknowledgement = await context.intake.acknowledge(messages)
    return web.Response(body=acknowledgement, content_type=ONE)


def _check_media_type(request: web.Request) -> None:
    if request.content_type not in (ONE, SEVERAL):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"the content type {request.content_type} is not {ONE} or {SEVERAL}",
            f"send one message as {ONE}, or up to {MAX_MESSAGES} as {SEVERAL}",
        )
    if "Content-Encoding" in request.headers:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "signed messages do not compress, and compressed bodies are not taken",
            "send the body as it is, without Content-Encoding",
        )


async def read_body(request: web.Request, context: Context) -> bytes:
    """Read at most MAX_BODY bytes within the time that a request may take; raises Problem."""
    seconds = context.options.body_timeout_s
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body was not complete after {seconds:g} s",
            "send fewer messages in a request",
        ) from None
    except web.HTTPRequestEntityTooLarge:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has more than {MAX_BODY} bytes",
            f"send at most {MAX_MESSAGES} messages in a request",
        ) from None


def _split(media_type: str, body: bytes) -> list[bytes]:
    if not body:
        raise bad_request("the body is empty", "send at least one message")
    if media_type == ONE:
        return [body]
    try:
        return split_sequence(body, MAX_MESSAGES)
    except WireError as error:
        raise bad_request(
            f"the body cannot be cut into messages: {error}",
            f"send at most {MAX_MESSAGES} whole CBOR items, one after another",
        ) from None

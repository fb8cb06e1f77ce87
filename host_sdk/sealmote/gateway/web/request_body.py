"""Request bodies: read whole, within bounds of size and time, before a handler runs."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from sealmote.gateway.intake import MAX_BODY, MAX_MESSAGES
from sealmote.gateway.web.connections import Connection
from sealmote.gateway.web.problem import Handler, Problem


def receive(body_timeout_s: float) -> Middleware:
    """Return what reads a request's body, for the handlers' `request.read()` to return at once.

    Whoever is slow about it holds a connection, and nothing that others wait for.
    """

    @web.middleware
    async def received(request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        with connection.serving():
            _check_encoding(request)
            if request.body_exists:
                await _read(request, body_timeout_s)
            connection.received()
            response = await handler(request)
            connection.answered()  # no Problem was raised
            return response

    return received


def _check_encoding(request: web.Request) -> None:
    encodings = request.headers.getall("Content-Encoding", ["identity"])
    if any(encoding.strip().lower() != "identity" for encoding in encodings):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "signed messages do not compress, and compressed bodies are not taken",
            "send the body as it is, without Content-Encoding",
            headers={"Accept-Encoding": "identity"},  # RFC 9110 section 12.5.3
        )


async def _read(request: web.Request, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await request.read()
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
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"the body broke off: {error}", "send the request again"
        ) from None

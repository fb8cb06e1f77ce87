"""POST /v1/devices/{thumbprint}/challenge: the operator asks a board for a statement."""

import asyncio
import json
from http import HTTPStatus

from aiohttp import web

from sealmote.gateway.errors import ChallengeError, DeviceError
from sealmote.gateway.store import challenges
from sealmote.gateway.web import parameters, render
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.problem import Problem, bad_request, not_found


async def post_challenge(request: web.Request) -> web.Response:
    """Note a challenge; the next acknowledgement to the device carries it."""
    context = request.app[CONTEXT]
    _check_operator(request, context)
    parameters.only(request, ())
    thumbprint = parameters.thumbprint(request.match_info["thumbprint"])
    nonce = _nonce(await request.read())
    now = int(context.clock())
    try:
        asked = await asyncio.wrap_future(
            context.store.write(challenges.ask, thumbprint, nonce, now)
        )
    except DeviceError as error:
        raise not_found(str(error), "see /v1/devices for those that are") from None
    except ChallengeError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), "see the device's challenges") from None
    return web.json_response(render.challenge(asked, None), status=HTTPStatus.CREATED)


def _check_operator(request: web.Request, context: Context) -> None:
    if not context.operator.allows(request.headers.get("Authorization", "")):
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "this is for the gateway's operator",
            "send Authorization: Bearer and the content of operator.token in the gateway's folder",
            headers={"WWW-Authenticate": "Bearer"},  # RFC 6750 section 3
        )


def _nonce(body: bytes) -> bytes | None:
    """Return the nonce that the body asks for, None for an empty body."""
    if not body:
        return None
    try:
        document = json.loads(body)
        if not isinstance(document, dict) or set(document) != {"nonce"}:
            raise ValueError
        nonce = bytes.fromhex(document["nonce"])
        if not challenges.NONCE_MIN <= len(nonce) <= challenges.NONCE_MAX:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise bad_request(
            "the body is not a challenge",
            'send nothing, or {"nonce": "16 to 128 hexadecimal digits"}',
        ) from None
    return nonce

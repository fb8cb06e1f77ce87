"""POST /v1/devices/{thumbprint}/challenge: the operator asks a board for a statement."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from sealmote.api.requests import ChallengeRequest, NoQuery
from sealmote.gateway.errors import ChallengeError, DeviceError
from sealmote.gateway.reports import device_answers
from sealmote.gateway.store import challenges
from sealmote.gateway.web import parameters
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.json_answer import answer
from sealmote.gateway.web.problem import Problem, bad_request, not_found
from sealmote.models import JsonError, ModelError, parse_json


async def post_challenge(request: web.Request) -> web.Response:
    """Note a challenge; the next acknowledgement to the device carries it."""
    context = request.app[CONTEXT]
    _check_operator(request, context)
    parameters.query(request, NoQuery)
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
    return answer(device_answers.challenge(asked, None), HTTPStatus.CREATED)


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
        return parse_json(ChallengeRequest, body).nonce
    except (JsonError, ModelError) as error:
        raise bad_request(
            f"the body is not a challenge: {error}",
            'send nothing, or {"nonce": "16 to 128 hexadecimal digits"}',
        ) from None

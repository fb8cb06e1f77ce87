"""Errors of a whole request as RFC 9457 problem documents, with cause and next step."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from sealmote.api import answers
from sealmote.common.fault_log import FaultLog
from sealmote.gateway.refusals import Reason, Refusal, refusal_of
from sealmote.models import plain

MEDIA_TYPE = "application/problem+json"

_STATUS = {
    Reason.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Reason.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):  # noqa: N818  # RFC 9457's word
    """A request that is refused as a whole: `status`, why, and what the client can do."""

    def __init__(
        self,
        status: HTTPStatus,
        cause: str,
        next_step: str,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(cause)
        self.status = status
        self.cause = cause
        self.next_step = next_step
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the problem document (RFC 9457 section 3)."""
        document = answers.Problem(self.status.phrase, int(self.status), self.cause, self.next_step)
        return web.Response(
            status=self.status,
            text=json.dumps(plain(document)),
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


def bad_request(cause: str, next_step: str) -> Problem:
    """Return the problem of a request that cannot be understood."""
    return Problem(HTTPStatus.BAD_REQUEST, cause, next_step)


def not_found(cause: str, next_step: str) -> Problem:
    """Return the problem of something that is not here."""
    return Problem(HTTPStatus.NOT_FOUND, cause, next_step)


def problems(faults: FaultLog) -> Middleware:
    """Return what turns whatever goes wrong into a problem document."""

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return problem.response()
        except web.HTTPException as refused:
            return _from_aiohttp(request, refused).response()
        except Exception as error:  # noqa: BLE001  # whatever it was, the client gets an answer
            name = f"{request.method} {request.path}"
            return _from_refusal(refusal_of(error, faults, name)).response()

    return answered


def _from_refusal(refusal: Refusal) -> Problem:
    after = refusal.retry_after_s
    headers = {} if after is None else {"Retry-After": str(after)}
    return Problem(_STATUS[refusal.reason], refusal.cause, refusal.next_step, headers)


def _from_aiohttp(request: web.Request, refused: web.HTTPException) -> Problem:
    cause = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {request.path[:80]}",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not allowed at {request.path[:80]}",
    }
    status = HTTPStatus(refused.status)
    headers = {name: refused.headers[name] for name in ("Allow",) if name in refused.headers}
    return Problem(
        status, cause.get(status, refused.reason), "see /openapi.json for what there is", headers
    )

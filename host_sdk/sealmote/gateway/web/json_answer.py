"""Answers as JSON, written from their declaration."""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sealmote.models import plain

MEDIA_TYPE = "application/json"


def to_text(model: Any) -> str:
    """Return a declared answer as text: what is long is written where it is read, not by the event loop."""
    return json.dumps(plain(model))


def answer(model: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return a declared answer, for which `to_text` takes no time."""
    return web.Response(status=status, text=to_text(model), content_type=MEDIA_TYPE)

"""Parameters in a request's path and query, parsed whole or refused."""

import re
from collections.abc import Collection

from aiohttp import web

from sealmote.gateway.web.problem import Problem, bad_request

_HASH = re.compile(r"[0-9a-f]{64}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")


def only(request: web.Request, known: Collection[str]) -> None:
    """Refuse a query with a parameter that is unknown, or there twice."""
    for name in request.query:
        if name not in known:
            raise bad_request(
                f"no parameter is called {name!r}", f"use {', '.join(known) or 'none'}"
            )
        if len(request.query.getall(name)) > 1:
            raise bad_request(f"{name} is there twice", "send it once")


def integer(request: web.Request, name: str) -> int | None:
    """Return a query parameter that is a non-negative integer, None if it is not there."""
    text = request.query.get(name)
    if text is None:
        return None
    if not _INTEGER.fullmatch(text):
        raise bad_request(f"{name}={text!r} is not a number", "use digits only, as in 1700000000")
    return int(text)


def index_or_hash(text: str) -> int | bytes:
    """Return a leaf's number or its hash."""
    if _HASH.fullmatch(text):
        return bytes.fromhex(text)
    if _INTEGER.fullmatch(text):
        return int(text)
    raise _bad_name(text, "a leaf's number, or its hash as 64 hexadecimal digits")


def thumbprint(text: str) -> bytes:
    """Return a device's thumbprint."""
    if not _HASH.fullmatch(text):
        raise _bad_name(text, "a key thumbprint of 64 hexadecimal digits (0-9, a-f)")
    return bytes.fromhex(text)


def _bad_name(text: str, wanted: str) -> Problem:
    return bad_request(f"{text[:80]!r} is not {wanted}", f"use {wanted}")

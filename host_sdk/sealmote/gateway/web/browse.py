"""Devices and readings, for people and programs."""

import sqlite3
from http import HTTPStatus

from aiohttp import web

from sealmote.gateway import dating, portrait
from sealmote.gateway.store import queries
from sealmote.gateway.web import parameters, render
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.problem import Problem, bad_request, not_found

_MAX_LIMIT = 1000
_FILTER = ("device", "boot", "from", "to", "after", "limit", "format")


async def get_devices(request: web.Request) -> web.Response:
    """Answer with every device and how much the log has of it."""
    parameters.only(request, ())
    return web.json_response({"devices": await request.app[CONTEXT].read(portrait.everyone)})


async def get_device(request: web.Request) -> web.Response:
    """Answer with one device: what became of each of its numbers, and what it said of itself."""
    parameters.only(request, ())
    thumbprint = parameters.thumbprint(request.match_info["thumbprint"])
    document = await request.app[CONTEXT].read(portrait.portrait, thumbprint)
    if document is None:
        raise not_found(
            f"no device {thumbprint.hex()} is registered here", "see /v1/devices for those that are"
        )
    return web.json_response(document)


async def get_readings(request: web.Request) -> web.Response:
    """Answer with a page of readings in the order of the log."""
    parameters.only(request, _FILTER)
    chosen = _filter(request)
    as_csv = _wants_csv(request)
    text, after = await request.app[CONTEXT].read(_page, chosen, as_csv)
    response = web.Response(text=text, content_type="text/csv" if as_csv else "application/json")
    if after is not None:
        following = request.rel_url.update_query(after=str(after))
        response.headers["Link"] = f'<{following}>; rel="next"'  # RFC 8288
    return response


def _page(
    connection: sqlite3.Connection, chosen: queries.Filter, as_csv: bool
) -> tuple[str, int | None]:
    """Return the rendered page and the cursor of the next one, None on the last."""
    leaves = queries.readings(connection, chosen._replace(limit=chosen.limit + 1))
    more = len(leaves) > chosen.limit
    leaves = leaves[: chosen.limit]
    after = leaves[-1].number if more else None
    derived = dating.derived_times(connection, leaves)
    if as_csv:
        return render.readings_csv(leaves, derived), after
    return render.readings_json(leaves, derived, after), after


def _filter(request: web.Request) -> queries.Filter:
    limit = parameters.integer(request, "limit")
    if limit is not None and not 1 <= limit <= _MAX_LIMIT:
        raise bad_request(f"limit={limit} is outside 1 to {_MAX_LIMIT}", "go on from the cursor")
    device = request.query.get("device")
    return queries.Filter(
        thumbprint=None if device is None else parameters.thumbprint(device),
        boot=parameters.integer(request, "boot"),
        since=parameters.integer(request, "from"),
        until=parameters.integer(request, "to"),
        after=parameters.integer(request, "after"),
        limit=limit or queries.Filter().limit,
    )


def _wants_csv(request: web.Request) -> bool:
    """Say whether the answer is to be CSV: by `format`, or else by the Accept header."""
    wanted = request.query.get("format")
    if wanted is None:
        return "text/csv" in request.headers.get("Accept", "")
    if wanted not in ("json", "csv"):
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"format={wanted!r} is not json or csv", "use one of the two"
        )
    return wanted == "csv"

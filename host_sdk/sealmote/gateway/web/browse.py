"""GET /v1/devices and /v1/readings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from sealmote.api.requests import NoQuery, ReadingsQuery
from sealmote.gateway.errors import StoreError
from sealmote.gateway.reports import derived_times, device_report
from sealmote.gateway.store import queries, tree
from sealmote.gateway.store.integrity import Damage, Leaf
from sealmote.gateway.store.session import Reader
from sealmote.gateway.web import parameters, render
from sealmote.gateway.web.connections import KEPT_S
from sealmote.gateway.web.content_negotiation import preferred
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.json_answer import to_text
from sealmote.gateway.web.problem import Problem, not_found

JSON, CSV = "application/json", "text/csv"
VARY = {"Vary": "Accept"}  # RFC 9110 section 12.5.5
Renderer = Callable[[list[Leaf], Mapping[int, int]], str]


class _Piece(NamedTuple):
    """Some readings as text, which are damaged, and the cursor of what follows (None: nothing)."""

    text: str
    damaged: list[Damage]
    after: int | None


_FEW = 25  # readings that are read in one go: some milliseconds


async def get_devices(request: web.Request) -> web.Response:
    """Answer with every device and how much the log has of it."""
    parameters.query(request, NoQuery)
    text = await request.app[CONTEXT].read(request, _devices)
    return web.Response(text=text, content_type=JSON)


async def get_device(request: web.Request) -> web.Response:
    """Answer with one device: what became of each of its numbers, and what it said of itself."""
    parameters.query(request, NoQuery)
    thumbprint = parameters.thumbprint(request.match_info["thumbprint"])
    text = await request.app[CONTEXT].read(request, _device, thumbprint)
    if text is None:
        raise not_found(
            f"no device {thumbprint.hex()} is registered here", "see /v1/devices for those that are"
        )
    return web.Response(text=text, content_type=JSON)


def _devices(reader: Reader) -> str:
    """Return the answer as text: what has many numbers is not to be written out by the event loop."""
    return to_text(device_report.overviews(reader))


def _device(reader: Reader, thumbprint: bytes) -> str | None:
    found = device_report.report(reader, thumbprint)
    return None if found is None else to_text(found)


async def get_readings(request: web.Request) -> web.StreamResponse:
    """Answer with readings in the order of the log: a page of them, or as CSV all, as they are read."""
    query = parameters.query(request, ReadingsQuery)
    chosen = _filter(query)
    if not _wants_csv(request, query.format):
        return await _json_page(request, chosen)
    if query.limit is not None:
        return await _csv_page(request, chosen)
    return await _csv_stream(request, chosen)


async def _json_page(request: web.Request, chosen: queries.Filter) -> web.Response:
    pieces = await _read_page(request, chosen, render.readings_json)
    after = pieces[-1].after
    damaged = [one for piece in pieces for one in piece.damaged]
    text = render.page_json([piece.text for piece in pieces], after, damaged)
    return web.Response(text=text, content_type=JSON, headers={**VARY, **_link(request, after)})


async def _csv_page(request: web.Request, chosen: queries.Filter) -> web.Response:
    pieces = await _read_page(request, chosen, render.readings_csv)
    after = pieces[-1].after
    text = render.CSV_HEAD + "".join(map(_with_damaged, pieces))
    return web.Response(text=text, content_type=CSV, headers={**VARY, **_link(request, after)})


async def _csv_stream(request: web.Request, chosen: queries.Filter) -> web.StreamResponse:
    """Send everything that was chosen; an answer that breaks off has no end, so nobody takes it for all."""
    response = web.StreamResponse(headers=VARY)
    response.content_type, response.charset = CSV, "utf-8"
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        end = await request.app[CONTEXT].read(request, tree.size)
        chosen = chosen._replace(below=end)
        await _send(response, render.CSV_HEAD)
        async for piece in _pieces(request, chosen, None, render.readings_csv):
            await _send(response, _with_damaged(piece))
    except Exception as error:  # noqa: BLE001  # whatever it was, there is no other way to say it now
        request.app[CONTEXT].faults.report("an export broke off", error=error)
        if request.transport is not None:
            request.transport.abort()
    return response


async def _send(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(KEPT_S):
        await response.write(text.encode())


async def _read_page(
    request: web.Request, chosen: queries.Filter, rendered: Renderer
) -> list[_Piece]:
    """Return a page in pieces; the last one's cursor is that of the next page."""
    return [piece async for piece in _pieces(request, chosen, chosen.limit, rendered)]


def _with_damaged(piece: _Piece) -> str:
    return piece.text + render.damaged_csv(piece.damaged)


async def _pieces(
    request: web.Request, chosen: queries.Filter, most: int | None, rendered: Renderer
) -> AsyncIterator[_Piece]:
    """Read `most` readings or all, a few at a time."""
    context, cursor, left = request.app[CONTEXT], chosen.after, most
    while left is None or left > 0:
        few = _FEW if left is None else min(left, _FEW)
        asked = chosen._replace(after=cursor, limit=few)
        piece = await context.read(request, _piece, asked, rendered)
        for one in piece.damaged:
            context.faults.report("a reading is not served", error=StoreError(one.what))
        yield piece
        cursor = piece.after
        if cursor is None:
            return
        left = None if left is None else left - few


def _piece(reader: Reader, chosen: queries.Filter, rendered: Renderer) -> _Piece:
    page = queries.readings(reader, chosen)
    times, undated = derived_times.derived_times(reader, page.leaves)
    return _Piece(rendered(page.leaves, times), page.damaged + undated, page.after)


def _link(request: web.Request, after: int | None) -> dict[str, str]:
    """Return the header that leads to the next page (RFC 8288), nothing on the last."""
    if after is None:
        return {}
    return {"Link": f'<{request.rel_url.update_query(after=str(after))}>; rel="next"'}


def _filter(query: ReadingsQuery) -> queries.Filter:
    return queries.Filter(
        thumbprint=query.device,
        boot=query.boot,
        since=query.since,
        until=query.until,
        after=query.after,
        limit=query.limit or queries.Filter().limit,
    )


def _wants_csv(request: web.Request, wanted: str | None) -> bool:
    """Say whether the answer is to be CSV: by `format`, or else by the Accept header."""
    if wanted is not None:
        return wanted == "csv"
    media = preferred(request, (JSON, CSV))
    if media is None:
        raise Problem(
            HTTPStatus.NOT_ACCEPTABLE,
            f"readings are to be had as {JSON} and {CSV}",
            "accept one of them, or say format=json or format=csv",
        )
    return media == CSV

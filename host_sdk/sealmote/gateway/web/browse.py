"""GET /v1/devices and /v1/readings."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from sealmote.api.requests import NoQuery, ReadingsQuery
from sealmote.gateway.errors import StoreError
from sealmote.gateway.exports.exporter import Encoder, Exporter
from sealmote.gateway.exports.rows import rows_of
from sealmote.gateway.reports import derived_times, device_report
from sealmote.gateway.store import queries, tree
from sealmote.gateway.store.integrity import Damage
from sealmote.gateway.store.session import Reader
from sealmote.gateway.web import parameters
from sealmote.gateway.web.connections import KEPT_S
from sealmote.gateway.web.content_negotiation import preferred
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.json_answer import MEDIA_TYPE, to_text
from sealmote.gateway.web.problem import Problem, bad_request, not_found

VARY = {"Vary": "Accept"}  # RFC 9110 section 12.5.5


class _Piece(NamedTuple):
    """Some readings as they are sent, which are damaged, and the cursor of what follows (None: nothing)."""

    encoded: bytes
    damaged: list[Damage]
    after: int | None


_FEW = 25  # readings that are read in one go: some milliseconds


async def get_devices(request: web.Request) -> web.Response:
    """Answer with every device and how much the log has of it."""
    parameters.query(request, NoQuery)
    text = await request.app[CONTEXT].read(request, _devices)
    return web.Response(text=text, content_type=MEDIA_TYPE)


async def get_device(request: web.Request) -> web.Response:
    """Answer with one device: what became of each of its numbers, and what it said of itself."""
    parameters.query(request, NoQuery)
    thumbprint = parameters.thumbprint(request.match_info["thumbprint"])
    context = request.app[CONTEXT]
    encoded = await context.read(request, context.reports.report, thumbprint)
    if encoded is None:
        raise not_found(
            f"no device {thumbprint.hex()} is registered here", "see /v1/devices for those that are"
        )
    return web.Response(body=encoded, content_type=MEDIA_TYPE, charset="utf-8")


def _devices(reader: Reader) -> str:
    """Return the answer as text: what has many numbers is not to be written out by the event loop."""
    return to_text(device_report.overviews(reader))


async def get_readings(request: web.Request) -> web.StreamResponse:
    """Answer with readings in the order of the log: a page, or everything, as the exporter has it."""
    query = parameters.query(request, ReadingsQuery)
    exporter = _exporter(request, query.format)
    if exporter.is_endless and query.limit is None:
        return await _stream(request, _filter(query), exporter)
    return await _page(request, _filter(query), exporter)


async def _page(request: web.Request, chosen: queries.Filter, exporter: Exporter) -> web.Response:
    pieces = [piece async for piece in _pieces(request, chosen, chosen.limit, exporter.open())]
    headers = {**VARY, **_link(request, pieces[-1].after), "Content-Type": exporter.content_type}
    return web.Response(body=b"".join(piece.encoded for piece in pieces), headers=headers)


async def _stream(
    request: web.Request, chosen: queries.Filter, exporter: Exporter
) -> web.StreamResponse:
    """Send everything that was chosen; an answer that breaks off has no end, so nobody takes it for all."""
    response = web.StreamResponse(headers={**VARY, "Content-Type": exporter.content_type})
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        end = await request.app[CONTEXT].read(request, tree.size)
        async for piece in _pieces(request, chosen._replace(below=end), None, exporter.open()):
            async with asyncio.timeout(KEPT_S):
                await response.write(piece.encoded)
    except Exception as error:  # noqa: BLE001  # whatever it was, there is no other way to say it now
        request.app[CONTEXT].faults.report("an export broke off", error=error)
        if request.transport is not None:
            request.transport.abort()
    return response


async def _pieces(
    request: web.Request, chosen: queries.Filter, most: int | None, encoder: Encoder
) -> AsyncIterator[_Piece]:
    """Read and encode `most` readings or all, a few at a time; the last one's cursor is the next page's."""
    context, read = request.app[CONTEXT], 0
    while True:
        few = _FEW if most is None else min(most - read, _FEW)
        is_last = read + few == most
        asked = chosen._replace(limit=few)
        piece = await context.read(
            request, _piece, asked, encoder, is_first=not read, is_last=is_last
        )
        for one in piece.damaged:
            context.faults.report("a reading is not served", error=StoreError(one.what))
        yield piece
        if piece.after is None or is_last:
            return
        read, chosen = read + few, chosen._replace(after=piece.after)


def _piece(
    reader: Reader, chosen: queries.Filter, encoder: Encoder, *, is_first: bool, is_last: bool
) -> _Piece:
    page = queries.readings(reader, chosen)
    times, undated = derived_times.derived_times(reader, page.leaves)
    damaged = page.damaged + undated
    encoded = encoder.begin() if is_first else b""
    encoded += encoder.encode(rows_of(page.leaves, times), damaged)
    if is_last or page.after is None:
        encoded += encoder.end(page.after)
    return _Piece(encoded, damaged, page.after)


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


def _exporter(request: web.Request, wanted: str | None) -> Exporter:
    """Return what the answer is to be encoded by: as `format` says, or else the Accept header."""
    exporters = request.app[CONTEXT].exporters
    if wanted is not None:
        if wanted not in exporters:
            names = ", ".join(exporters)
            raise bad_request(f"format={wanted} is none of {names}", "use one of them")
        return exporters[wanted]
    by_media: dict[str, Exporter] = {}
    for one in exporters.values():
        by_media.setdefault(one.media_type, one)
    media = preferred(request, list(by_media))
    if media is None:
        names = " or ".join(f"format={name}" for name in exporters)
        raise Problem(
            HTTPStatus.NOT_ACCEPTABLE,
            f"readings are to be had as {', '.join(by_media)}",
            f"accept one of them, or say {names}",
        )
    return by_media[media]

"""GET /v1/keys, /v1/status and /openapi.json."""

import sqlite3
from typing import Any

from aiohttp import web

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.publishing.rollback_check import receipt_of
from sealmote.gateway.store import queries, tree, tree_heads
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.openapi import document
from sealmote.log.note import NoteKey


async def get_keys(request: web.Request) -> web.Response:
    """Answer with what boards and verifiers pin; get it by a way you trust, not only from here."""
    context = request.app[CONTEXT]
    log_key = context.log_signer.public
    return web.json_response(
        {
            "origin": context.origin,
            "ack_key": context.ack_key.cose().hex(),
            "log_key": log_key.cose().hex(),
            "log_vkey": NoteKey(context.origin, log_key).vkey(),
        }
    )


async def get_status(request: web.Request) -> web.Response:
    """Answer with the log's size, its newest heads, and what is wrong if anything is."""
    context = request.app[CONTEXT]
    published = context.published()
    return web.json_response(
        {
            "origin": context.origin,
            "time": int(context.clock()),
            **await context.read(request, _counts),
            "checkpoint": published
            and {"size": published.size, "root": published.root.hex(), "issued": published.issued},
            "chain": context.chain_status(),
            "damaged": context.damaged(),
            "clock": context.clock_warning(),
            "halted": context.halted(),
        }
    )


async def get_openapi(_request: web.Request) -> web.Response:
    """Answer with the OpenAPI document of this interface."""
    return web.json_response(document())


def _counts(connection: sqlite3.Connection) -> dict[str, object]:
    anchor = tree_heads.newest_anchor(connection)
    return {
        "size": tree.size(connection),
        "evidence": queries.evidence_count(connection),
        "anchor": anchor
        and {
            "size": anchor.size,
            "root": anchor.root.hex(),
            "recorded": anchor.recorded,
            "receipt": _receipt(anchor),
        },
    }


def _receipt(anchor: tree_heads.AnchorRow) -> dict[str, Any]:
    try:
        return receipt_of(anchor)
    except DamagedError as error:
        return {"damaged": str(error)}

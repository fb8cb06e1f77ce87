"""GET /v1/keys, /v1/status and /openapi.json."""

from aiohttp import web

from sealmote.api import answers
from sealmote.gateway.errors import DamagedError
from sealmote.gateway.publishing.rollback_check import receipt_of
from sealmote.gateway.reports import anchor_answers
from sealmote.gateway.store import queries, tree, tree_heads
from sealmote.gateway.store.session import Reader
from sealmote.gateway.web.context import CONTEXT
from sealmote.gateway.web.json_answer import answer
from sealmote.gateway.web.openapi import document
from sealmote.log.note import NoteKey


async def get_keys(request: web.Request) -> web.Response:
    """Answer with what boards and verifiers pin; get it by a way you trust, not only from here."""
    context = request.app[CONTEXT]
    log_key = context.log_signer.public
    return answer(
        answers.Keys(
            origin=context.origin,
            ack_key=context.ack_key.cose(),
            log_key=log_key.cose(),
            log_vkey=NoteKey(context.origin, log_key).vkey(),
        )
    )


async def get_status(request: web.Request) -> web.Response:
    """Answer with the log's size, its newest heads, and what is wrong if anything is."""
    context = request.app[CONTEXT]
    published = context.published()
    size, evidence, anchor = await context.read(request, _counts)
    return answer(
        answers.Status(
            origin=context.origin,
            time=int(context.clock()),
            size=size,
            evidence=evidence,
            anchor=anchor,
            checkpoint=published
            and answers.TreeHead(published.size, published.root, published.issued),
            chain=context.chain_status(),
            damaged=context.damaged(),
            clock=context.clock_warning(),
            halted=context.halted(),
            listeners=context.listeners(),
        )
    )


async def get_openapi(request: web.Request) -> web.Response:
    """Answer with the OpenAPI document of this interface."""
    return web.json_response(document(request.app[CONTEXT].exporters))


def _counts(reader: Reader) -> tuple[int, int, answers.Anchor | None]:
    """Return the log's size, how many equivocations it has evidence of, and the newest anchor."""
    anchor = tree_heads.newest_anchor(reader)
    return tree.size(reader), queries.evidence_count(reader), anchor and _anchor(anchor)


def _anchor(row: tree_heads.AnchorRow) -> answers.Anchor:
    head = (row.size, row.root, row.recorded)
    try:
        claim = receipt_of(row)
    except DamagedError as error:
        return answers.Anchor(*head, answers.Damaged(str(error)))
    return answers.Anchor(*head, anchor_answers.receipt(row, claim), claim)

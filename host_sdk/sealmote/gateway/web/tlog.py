"""GET /checkpoint, /tile and /v1/proofs: the log as C2SP tlog-tiles, and proofs of leaves.

Served is what a published checkpoint covers, and nothing beyond it.
"""

from typing import Final

from aiohttp import web

from sealmote.api import answers
from sealmote.api.requests import ProofQuery
from sealmote.gateway.publishing.rollback_check import check_note, receipt_of
from sealmote.gateway.reports import anchor_answers, device_answers
from sealmote.gateway.reports.leaf_proof import LeafProof, prove
from sealmote.gateway.store import queries, tree
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.store.leaves import Kind
from sealmote.gateway.store.session import Reader
from sealmote.gateway.web import parameters
from sealmote.gateway.web.context import CONTEXT, Context
from sealmote.gateway.web.json_answer import answer
from sealmote.gateway.web.problem import bad_request, not_found
from sealmote.log import receipt
from sealmote.log.errors import TileError
from sealmote.log.note import NoteKey
from sealmote.log.tiles import WIDTH, Bundle, Tile

_FEW = 32  # hashes that are checked in one go: above the leaves each is a hash over 256
_KINDS: Final[dict[Kind, answers.LeafKind]] = {
    Kind.READING: "reading",
    Kind.STATEMENT: "statement",
    Kind.EVIDENCE: "evidence",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


async def get_checkpoint(request: web.Request) -> web.Response:
    """Answer with the newest published checkpoint (C2SP tlog-checkpoint)."""
    published = request.app[CONTEXT].published()
    if published is None:
        raise not_found("the log has no checkpoint yet", "send a reading, and wait for the next")
    headers = {"Cache-Control": "no-cache"}
    return web.Response(
        body=published.note, content_type="text/plain", charset="utf-8", headers=headers
    )


async def get_tile(request: web.Request) -> web.Response:
    """Answer with a tile of hashes."""
    context = request.app[CONTEXT]
    try:
        tile = Tile.parse(request.path.removeprefix("/"))
    except TileError as error:
        raise bad_request(str(error), "see https://c2sp.org/tlog-tiles") from None
    _check_published(context, tile)
    first = tile.index * WIDTH
    hashes: list[bytes] = []
    for start in range(first, first + tile.width, _FEW):
        end = min(start + _FEW, first + tile.width)
        hashes += await context.read(request, tree.sound_tile, tile.level, start, end)
    return _immutable(b"".join(hashes))


async def get_entries(request: web.Request) -> web.Response:
    """Answer with a bundle of entries: the messages themselves."""
    context = request.app[CONTEXT]
    try:
        bundle = Bundle.parse(request.path.removeprefix("/"))
    except TileError as error:
        raise bad_request(str(error), "see https://c2sp.org/tlog-tiles") from None
    _check_published(context, bundle)
    wanted = bundle.entries
    return _immutable(
        bundle.encode(await context.read(request, queries.entries, wanted.start, wanted.stop))
    )


async def get_proof(request: web.Request) -> web.Response:
    """Answer with everything that proves one leaf."""
    context = request.app[CONTEXT]
    size = parameters.query(request, ProofQuery).size
    name = parameters.index_or_hash(request.match_info["leaf"])
    return answer(await context.read(request, _proof_document, context, name, size))


def _proof_document(
    reader: Reader, context: Context, name: int | bytes, size: int | None
) -> answers.LeafProof:
    leaf = _find_leaf(reader, name)
    if leaf is None:
        raise not_found("no such leaf is in this log", "see /v1/readings for those that are")
    published = context.published()
    proof = prove(reader, leaf, published.size if published else 0, size)
    if proof is None:
        raise not_found(
            f"no such checkpoint covers leaf {leaf.number}",
            f"ask without size, and after {leaf.log_by} (Unix seconds)",
        )
    return _document(context, proof)


def _find_leaf(reader: Reader, name: int | bytes) -> Leaf | None:
    if isinstance(name, int):
        return queries.leaf_at(reader, name)
    return queries.leaf_of_hash(reader, name)


def _document(context: Context, proof: LeafProof) -> answers.LeafProof:
    leaf, head = proof.leaf, proof.checkpoint
    check_note(head, NoteKey(context.origin, context.log_signer.public))
    claim = receipt_of(proof.anchor) if proof.anchor else None
    issued = receipt.issue(
        context.log_signer, context.origin, leaf.raw, leaf.number, head.size, proof.path, head.root
    )
    return answers.LeafProof(
        origin=context.origin,
        leaf=leaf.number,
        leaf_hash=leaf.hash,
        kind=_KINDS[Kind(leaf.kind)],
        message=leaf.raw,
        received=leaf.received,
        device=proof.device and device_answers.device(proof.device),
        size=head.size,
        root=head.root,
        path=proof.path,
        checkpoint=head.note.decode(),
        receipt=issued,
        anchor=anchor_answers.receipt(proof.anchor, claim) if proof.anchor and claim else None,
        anchors=[claim] if claim else [],
    )


def _check_published(context: Context, wanted: Tile | Bundle) -> None:
    published = context.published()
    if published is None or not wanted.stands_in(published.size):
        raise not_found(
            f"the newest checkpoint does not cover all of {wanted.path()}",
            "ask for what /checkpoint covers",
        )


def _immutable(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/octet-stream", headers=_FOR_EVER)

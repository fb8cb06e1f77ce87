"""Parameters in a request's path and query, parsed whole or refused."""

import re
from collections.abc import Mapping
from typing import TypeVar

from aiohttp import web

from sealmote.gateway.web.problem import Problem, bad_request
from sealmote.models import Fault, FieldType, ModelError, Whole, members_of, parse

T = TypeVar("T")

_HASH = re.compile(r"[0-9a-f]{64}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")


def query(request: web.Request, kind: type[T]) -> T:
    """Return a request's query as it is declared. Raises Problem, which names every fault."""
    types = {one.key: one.value_type for one in members_of(kind)}
    for name in request.query:
        if len(request.query.getall(name)) > 1:
            raise bad_request(f"{name[:80]} is there twice", "send it once")
    read = {name: _value(text, types.get(name)) for name, text in request.query.items()}
    try:
        return parse(kind, read)
    except ModelError as error:
        causes = (_cause(fault, request.query) for fault in error.faults)
        raise bad_request("; ".join(causes), f"use {', '.join(types) or 'none'}") from None


def _value(text: str, wanted: FieldType | None) -> object:
    """Return a number where one is declared and written; anything else is for `parse` to refuse."""
    return int(text) if isinstance(wanted, Whole) and _INTEGER.fullmatch(text) else text


def _cause(fault: Fault, said: Mapping[str, str]) -> str:
    name = str(fault.path[0])
    return f"{name[:80]}={said[name][:80]} {fault.what}"


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

"""The interface as an OpenAPI 3.1 document, written here and held to the routes by a test."""

from collections.abc import Mapping

from sealmote.gateway.intake import MAX_MESSAGES
from sealmote.gateway.web.problem import MEDIA_TYPE

Json = dict[str, object]

_VERSION = "1"  # of the interface, as in its paths

_COSE = "application/cose"
_SEQUENCE = "application/cbor-seq"
_JSON = "application/json"
_CSV = "text/csv"
_BYTES = "application/octet-stream"
_TEXT = "text/plain"

_HEX32 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT = {"type": "integer", "minimum": 0}
_BINARY = {"type": "string", "contentEncoding": "binary"}

_ACCOUNT = (
    "`boots` has every number of each boot in one of four lists of [first, last]: `logged`; `dropped`,"
    " which the board says that it gave up; `missing`, which the board says was acknowledged and which"
    " is not in this log; `awaited`, of which nobody has said yet what became of it. `last` is the"
    " boot's last number as the next boot stated it; `closed` says that all are logged or dropped and"
    " no more can come. `drops` says why numbers were dropped, in runs as the board stated them: `cause`"
    " is room, not kept, damaged, several, unsaid, or refused with the `code` and `refusal`, SHA-256 of"
    " the acknowledgement that refused."
)

_PROBLEMS = {
    400: "the request cannot be understood; nothing of it was taken",
    401: "it does not carry the operator's token",
    404: "it is not here, or not yet",
    409: "the device cannot be asked that",
    406: "it is not to be had in a form that is accepted",
    408: "the body did not arrive in time",
    413: "the body is too large",
    415: "the body is of another type",
    500: "what was asked for is damaged in the database; the rest is served",
    503: "too much is waiting, or the gateway cannot write: Retry-After says when to come again",
}


def document() -> Json:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sealmote gateway",
            "version": _VERSION,
            "description": "Takes sealed readings, keeps them in a transparency log, proves them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v1/readings": {"post": _post_readings(), "get": _get_readings()},
            "/v1/devices": {"get": _get("Every device and how much the log has of it")},
            "/v1/devices/{thumbprint}": {
                "get": _get(
                    "One device: what became of each of its numbers, its statements, evidence",
                    [_path("thumbprint", _HEX32, "the key's RFC 9679 thumbprint")],
                    problems=(400, 404),
                    description=_ACCOUNT,
                )
            },
            "/v1/devices/{thumbprint}/challenge": {"post": _post_challenge()},
            "/v1/proofs/{leaf}": {"get": _get_proof()},
            "/v1/keys": {"get": _get("The keys that boards and verifiers pin")},
            "/v1/status": {"get": _get("The log's size, its newest heads, and what is wrong")},
            "/checkpoint": {
                "get": _get("The newest signed head (C2SP tlog-checkpoint)", media=_TEXT)
                | {"responses": _answers({_TEXT: {"type": "string"}}, (404,))}
            },
            "/tile/{level}/{path}": {"get": _get_tile("Hashes of the tree (C2SP tlog-tiles)")},
            "/tile/entries/{path}": {
                "get": _get_tile("The messages themselves (C2SP tlog-tiles)", level=False)
            },
            "/openapi.json": {"get": _get("This document")},
        },
        "components": {
            "schemas": {"Problem": _problem_schema()},
            "securitySchemes": {"operator": {"type": "http", "scheme": "bearer"}},
        },
    }


def _post_readings() -> Json:
    return {
        "operationId": "postReadings",
        "summary": f"Send one message, or up to {MAX_MESSAGES}; the answer is signed",
        "description": (
            "The acknowledgement is a COSE_Sign1 by the gateway's key with an outcome for each"
            " message, in order. It is sent once the accepted messages are durable."
        ),
        "requestBody": {
            "required": True,
            "content": {_COSE: {"schema": _BINARY}, _SEQUENCE: {"schema": _BINARY}},
        },
        "responses": _answers({_COSE: _BINARY}, (400, 408, 413, 415, 503)),
    }


def _post_challenge() -> Json:
    nonce = {"type": "string", "pattern": "^([0-9a-f]{2}){8,64}$"}
    body = {"type": "object", "required": ["nonce"], "properties": {"nonce": nonce}}
    answers = _answers({_JSON: {"type": "object"}}, (400, 401, 404, 408, 409, 413, 415, 503))
    answers["201"] = answers.pop("200")
    return {
        "operationId": "postChallenge",
        "summary": "Ask a board for a statement with a nonce, a random one without a body",
        "description": (
            "For the operator: the token is in operator.token, in the gateway's folder. The nonce goes"
            " with each acknowledgement to the device until its statement is there; `challenges` of"
            " the device has it then as `answer`."
        ),
        "security": [{"operator": []}],
        "parameters": [_path("thumbprint", _HEX32, "the key's RFC 9679 thumbprint")],
        "requestBody": {"content": {_JSON: {"schema": body}}},
        "responses": answers,
    }


def _get_readings() -> Json:
    parameters = [
        _query("device", _HEX32, "only of this device"),
        _query("boot", _COUNT, "only of this boot"),
        _query("from", _COUNT, "not before (Unix seconds; the board's time, or else arrival)"),
        _query("to", _COUNT, "before (Unix seconds)"),
        _query("after", _COUNT, "go on after this leaf: the cursor of the page before"),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "readings a page"),
        _query("format", {"enum": ["json", "csv"]}, "instead of the Accept header"),
    ]
    operation = _get(
        "Readings in the order of the log, every value exact",
        parameters,
        (400,),
        description=(
            "`time` is when the board says that it sealed the reading. Where its clock was unset,"
            " `derived_time` is what a later statement of the same boot makes of its uptime. JSON comes in"
            " pages, 100 readings each without `limit`; CSV without `limit` is everything that was asked"
            " for. An answer that breaks off is not complete. A reading that is not what was taken is left"
            " out: `damaged` names its leaf, in CSV a line of nothing but the leaf and the name `damaged`."
        ),
    )
    answers = {_JSON: {"type": "object"}, _CSV: {"type": "string"}}
    return operation | {"responses": _answers(answers, (400, 406, 500, 503))}


def _get_proof() -> Json:
    parameters = [
        _path("leaf", {"type": "string"}, "a leaf's number, or its hash in hexadecimal"),
        _query(
            "size", _COUNT, "under the checkpoint of this size; the earliest anchored if absent"
        ),
    ]
    return _get("All that proves one message: path, receipt, head, anchor", parameters, (400, 404))


def _get_tile(summary: str, *, level: bool = True) -> Json:
    parameters = [_path("path", {"type": "string"}, "index and width, as in x001/067 or 000.p/5")]
    if level:
        parameters.insert(0, _path("level", _COUNT, "0 for leaf hashes"))
    operation = _get(summary, parameters)
    return operation | {"responses": _answers({_BYTES: _BINARY}, (400, 404, 500, 503))}


def _get(
    summary: str,
    parameters: list[Json] | None = None,
    problems: tuple[int, ...] = (),
    media: str = _JSON,
    description: str | None = None,
) -> Json:
    operation: Json = {
        "summary": summary,
        "responses": _answers({media: {"type": "object"}}, (*problems, 500, 503)),
    }
    optional = {"parameters": parameters, "description": description}
    return operation | {key: value for key, value in optional.items() if value}


def _answers(content: Mapping[str, Mapping[str, object]], problems: tuple[int, ...]) -> Json:
    schemas = {media: {"schema": schema} for media, schema in content.items()}
    answers: Json = {"200": {"description": "as asked", "content": schemas}}
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for status in problems:
        answers[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: reference},
        }
    return answers


def _path(name: str, schema: Mapping[str, object], description: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def _query(name: str, schema: Mapping[str, object], description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _problem_schema() -> Json:
    text = {"type": "string"}
    return {
        "description": "RFC 9457, with what to do next",
        "type": "object",
        "required": ["title", "status", "detail", "next_step"],
        "properties": {
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "next_step": text,
        },
    }

"""The interface as an OpenAPI 3.1 document: routes and prose; every schema is made from `sealmote.api`."""

from collections.abc import Mapping
from typing import Any

from sealmote.api import answers, requests, terms
from sealmote.gateway.exports.exporter import Exporter
from sealmote.gateway.exports.registry import BUILT_IN
from sealmote.gateway.intake import MAX_MESSAGES
from sealmote.gateway.web.problem import MEDIA_TYPE
from sealmote.models import Json, Schemas, members_of, schema_of, type_of

_VERSION = "1"  # of the interface, as in its paths

_COSE = "application/cose"
_SEQUENCE = "application/cbor-seq"
_JSON = "application/json"
_BYTES = "application/octet-stream"
_TEXT = "text/plain"

_BINARY = {"type": "string", "contentEncoding": "binary"}
_THUMBPRINT = ("thumbprint", terms.Hash, "the key's RFC 9679 thumbprint")

_ACCOUNT = (
    "`boots` has every number of each boot in one of four lists of [first, last]: `logged`; `dropped`,"
    " which the board says that it gave up; `missing`, which the board says was acknowledged and which"
    " is not in this log; `awaited`, of which nobody has said yet what became of it. `drops` says why"
    " numbers were dropped, in ranges as the board stated them."
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


def document(exporters: Mapping[str, Exporter] = BUILT_IN) -> Json:
    """Return the document of a gateway with these exporters."""
    schemas = Schemas()
    make = _Maker(schemas)
    paths = {
        "/v1/readings": {"post": make.post_readings(), "get": make.get_readings(exporters)},
        "/v1/devices": {
            "get": make.get("Every device and how much the log has of it", answers.Devices)
        },
        "/v1/devices/{thumbprint}": {
            "get": make.get(
                "One device: what became of each of its numbers, its statements, evidence",
                answers.DeviceReport,
                [make.path(*_THUMBPRINT)],
                (400, 404),
                _ACCOUNT,
            )
        },
        "/v1/devices/{thumbprint}/challenge": {"post": make.post_challenge()},
        "/v1/proofs/{leaf}": {"get": make.get_proof()},
        "/v1/keys": {"get": make.get("The keys that boards and verifiers pin", answers.Keys)},
        "/v1/status": {
            "get": make.get("The log's size, its newest heads, and what is wrong", answers.Status)
        },
        "/checkpoint": {"get": make.get_checkpoint()},
        "/tile/{level}/{path}": {"get": make.get_tile("Hashes of the tree (C2SP tlog-tiles)")},
        "/tile/entries/{path}": {
            "get": make.get_tile("The messages themselves (C2SP tlog-tiles)", level=False)
        },
        "/openapi.json": {"get": make.get("This document", None)},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sealmote gateway",
            "version": _VERSION,
            "description": "Takes sealed readings, keeps them in a transparency log, proves them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas.found,
            "securitySchemes": {"operator": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Maker:
    """Makes operations, and collects the schemas that they refer to."""

    def __init__(self, schemas: Schemas):
        self._schemas = schemas

    def post_readings(self) -> Json:
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
            "responses": self._answers({_COSE: _BINARY}, (400, 408, 413, 415, 503)),
        }

    def post_challenge(self) -> Json:
        body = schema_of(requests.ChallengeRequest, self._schemas)
        problems = (400, 401, 404, 408, 409, 413, 415, 503)
        found = self._answers({_JSON: schema_of(answers.Challenge, self._schemas)}, problems)
        found["201"] = found.pop("200")
        return {
            "operationId": "postChallenge",
            "summary": "Ask a board for a statement with a nonce, a random one without a body",
            "description": (
                "For the operator: the token is in operator.token, in the gateway's folder. The nonce goes"
                " with each acknowledgement to the device until its statement is there; `challenges` of"
                " the device has it then as `answer`."
            ),
            "security": [{"operator": []}],
            "parameters": [self.path(*_THUMBPRINT)],
            "requestBody": {"content": {_JSON: {"schema": body}}},
            "responses": found,
        }

    def get_readings(self, exporters: Mapping[str, Exporter]) -> Json:
        parameters = self._query(requests.ReadingsQuery)
        next(one for one in parameters if one["name"] == "format")["schema"] = {
            "enum": [*exporters]
        }
        operation = self.get(
            "Readings in the order of the log, every value exact",
            None,
            parameters,
            description=(
                "`time` is when the board says that it sealed the reading. Where its clock was unset,"
                " `derived_time` is what a later statement of the same boot makes of its uptime. JSON"
                " comes in pages, 100 readings each without `limit`; other forms without `limit` are"
                " everything that was asked for. An answer that breaks off is not complete. A reading that"
                " is not what was taken is left out: `damaged` names its leaf, in CSV a line of nothing but"
                " the leaf and the name `damaged`."
            ),
        )
        found: dict[str, Json] = {
            one.media_type: {"type": "string"} if one.charset else _BINARY
            for one in exporters.values()
        }
        found[_JSON] = schema_of(answers.Readings, self._schemas)
        return operation | {"responses": self._answers(found, (400, 406, 500, 503))}

    def get_proof(self) -> Json:
        leaf = ("leaf", str, "a leaf's number, or its hash in hexadecimal")
        return self.get(
            "All that proves one message: path, receipt, head, anchor",
            answers.LeafProof,
            [self.path(*leaf), *self._query(requests.ProofQuery)],
            (400, 404),
        )

    def get_checkpoint(self) -> Json:
        operation = self.get("The newest signed head (C2SP tlog-checkpoint)", None)
        return operation | {"responses": self._answers({_TEXT: {"type": "string"}}, (404, 503))}

    def get_tile(self, summary: str, *, level: bool = True) -> Json:
        parameters = [self.path("path", str, "index and width, as in x001/067 or 000.p/5")]
        if level:
            parameters.insert(0, self.path("level", terms.Count, "0 for leaf hashes"))
        operation = self.get(summary, None, parameters)
        return operation | {"responses": self._answers({_BYTES: _BINARY}, (400, 404, 500, 503))}

    def get(
        self,
        summary: str,
        model: type | None,
        parameters: list[Json] | None = None,
        problems: tuple[int, ...] = (),
        description: str | None = None,
    ) -> Json:
        """Return an operation that answers with a model, None for any JSON object."""
        schema = {"type": "object"} if model is None else schema_of(model, self._schemas)
        operation: Json = {
            "summary": summary,
            "responses": self._answers({_JSON: schema}, (*problems, 500, 503)),
        }
        optional = {"parameters": parameters, "description": description}
        return operation | {key: value for key, value in optional.items() if value}

    def path(self, name: str, kind: Any, description: str) -> Json:
        """Return a part of the path as a parameter; `kind` is a type that a field can have."""
        return {
            "name": name,
            "in": "path",
            "required": True,
            "description": description,
            "schema": type_of(kind).schema(self._schemas),
        }

    def _query(self, kind: type) -> list[Json]:
        return [
            {
                "name": one.key,
                "in": "query",
                "description": one.description,
                "schema": one.value_type.schema(self._schemas),
            }
            for one in members_of(kind)
        ]

    def _answers(
        self, content: Mapping[str, Mapping[str, object]], problems: tuple[int, ...]
    ) -> Json:
        schemas = {media: {"schema": schema} for media, schema in content.items()}
        found: Json = {"200": {"description": "as asked", "content": schemas}}
        problem = {"schema": schema_of(answers.Problem, self._schemas)}
        for status in problems:
            found[str(status)] = {
                "description": _PROBLEMS[status],
                "content": {MEDIA_TYPE: problem},
            }
        return found

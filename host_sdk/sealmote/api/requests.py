"""Requests to a gateway: query parameters and JSON bodies."""

from dataclasses import dataclass
from typing import Annotated, Final

from sealmote.api.terms import Count, Hash, Time
from sealmote.models import Hex, Key, Text, Whole

MOST_READINGS: Final = 1000  # of one page


@dataclass(frozen=True, slots=True)
class NoQuery:
    """No query parameter is known."""


@dataclass(frozen=True, slots=True)
class ReadingsQuery:
    """Which readings, of how many a page, and in which form."""

    device: Annotated[Hash | None, "only of this device"] = None
    boot: Annotated[Count | None, "only of this boot"] = None
    since: Annotated[
        Time | None, Key("from"), "not before (Unix seconds; the board's time, or else arrival)"
    ] = None
    until: Annotated[Time | None, Key("to"), "before (Unix seconds)"] = None
    after: Annotated[Count | None, "go on after this leaf: the cursor of the page before"] = None
    limit: Annotated[int | None, Whole(1, MOST_READINGS), "readings a page"] = None
    format: Annotated[
        str | None,
        Text("[a-z0-9][a-z0-9._-]{0,31}", "the name of a form, as in json or csv"),
        "instead of the Accept header",
    ] = None


@dataclass(frozen=True, slots=True)
class ProofQuery:
    """Under which checkpoint."""

    size: Annotated[
        Count | None, "under the checkpoint of this size; the earliest anchored if absent"
    ] = None


@dataclass(frozen=True, slots=True)
class ChallengeRequest:
    """The nonce of a challenge."""

    nonce: Annotated[bytes, Hex(least=8, most=64)]  # RFC 9711 section 4.1

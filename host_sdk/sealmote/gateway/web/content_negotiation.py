"""Content negotiation by the Accept header (RFC 9110 section 12.5.1)."""

from collections.abc import Sequence

from aiohttp import web


def preferred(request: web.Request, offered: Sequence[str]) -> str | None:
    """Return the media type of `offered` that the Accept header gives most weight, the first of equals.

    None if it takes none of them. Without the header all are welcome, and so are they under one that
    cannot be read: it asks for nothing.
    """
    header = ",".join(request.headers.getall("Accept", ["*/*"]))
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    best = max(offered, key=lambda media: _weight(media, ranges))
    return best if not ranges or _weight(best, ranges) > 0 else None


def _range(text: str) -> tuple[str, float]:
    """Return a media range and its weight, 1 where none is given."""
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    weights = [value for name, _, value in (p.partition("=") for p in parameters) if name == "q"]
    try:
        return media, min(max(float(weights[0]), 0.0), 1.0) if weights else 1.0
    except ValueError:
        return media, 1.0


def _weight(media: str, ranges: list[tuple[str, float]]) -> float:
    """Return the weight that the most specific range gives a media type, 0 where none names it."""
    kind = media.partition("/")[0]
    for wanted in (media, f"{kind}/*", "*/*"):
        for name, weight in ranges:
            if name == wanted:
                return weight
    return 0.0

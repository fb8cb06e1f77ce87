"""Causes for which a board gave up messages: names and explanations (docs/spec/wire.md)."""

from sealwire.errors import CODE_NAMES
from sealwire.outcome import DAMAGED, FOR_ROOM, SEVERAL, UNKEPT

REFUSED = "refused"
_NAMES = {
    None: "unsaid",
    FOR_ROOM: "room",
    UNKEPT: "not kept",
    DAMAGED: "damaged",
    SEVERAL: "several",
}
_EXPLANATIONS = {
    None: "a statement of version 1 does not say why",
    FOR_ROOM: "for want of room",
    UNKEPT: "could not be sealed or kept",
    DAMAGED: "damaged in the board's storage",
    SEVERAL: "of several causes",
}


def name(cause: int | None) -> str:
    """Return a cause's name; that of every code of a gateway's refusal is `REFUSED`."""
    return _NAMES.get(cause, REFUSED)


def explain(cause: int | None, refusal: bytes | None) -> str:
    """Return why a run was given up, and who refused it."""
    if cause in _EXPLANATIONS:
        return _EXPLANATIONS[cause]
    by = "by an acknowledgement that it does not name"
    if refusal is not None:
        by = f"by the acknowledgement {refusal.hex()}"
    return f"refused for good ({_code_name(cause)}) {by}"


def _code_name(cause: int | None) -> str:
    return f"code {cause}" if cause is None else CODE_NAMES.get(cause, f"code {cause}")

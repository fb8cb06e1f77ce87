"""Explanation of receipts of inclusion and signed checkpoints, field by field."""

from sealmote.log import checkpoint, note
from sealmote.log.errors import LogError, ReceiptError
from sealmote.log.receipt import Receipt
from sealwire.keys import PublicKey

Described = tuple[str, list[tuple[str, str]]]


def describe(data: bytes) -> Described | None:
    """Return what a receipt or a signed checkpoint is and its fields, None for anything else.

    Raises LogError for a note that is no checkpoint of a Sealmote log.
    """
    if _is_note(data):
        return "a log's checkpoint", _checkpoint_fields(data)
    try:
        receipt = Receipt.parse(data)
    except ReceiptError:
        return None
    return "a log's receipt of inclusion", _receipt_fields(receipt)


def problem(data: bytes, key: PublicKey) -> str | None:
    """Return why what `describe` knows is not shown to be signed by `key`, None if it is."""
    if not _is_note(data):
        return (
            "a receipt's signature is over the root that message and path lead to: `sealmote verify`"
            " checks it, in a proof file that has both"
        )
    try:
        head = checkpoint.Checkpoint.parse(note.unverified(data)[0])
        checkpoint.verify(data, note.NoteKey(head.origin, key))
    except LogError as error:
        return str(error)
    return None


def _is_note(data: bytes) -> bool:
    return "\n\n\u2014 ".encode() in data[: note.MAX_NOTE]


def _checkpoint_fields(data: bytes) -> list[tuple[str, str]]:
    text, signers = note.unverified(data)
    head = checkpoint.Checkpoint.parse(text)
    fields = [("log", head.origin), ("size", f"{head.size} leaves"), ("root", head.root.hex())]
    return fields + [
        ("signature line", f"{_shown(name)}, key {key.hex()}") for name, key in signers
    ]


def _shown(name: str) -> str:
    """Return a name that may be any characters, with what a terminal would obey written out."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _receipt_fields(receipt: Receipt) -> list[tuple[str, str]]:
    return [
        ("log", receipt.origin),
        ("key id", receipt.kid.hex()),
        ("leaf", f"{receipt.index} of {receipt.size}"),
        *(("path", step.hex()) for step in receipt.path),
    ]

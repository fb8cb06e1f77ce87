"""Signed notes (C2SP signed-note): a text, an empty line, and its signature lines.

    sealmote.example/demo
    3
    rraaqbOq…

    — sealmote.example/demo 9pSgFjBEAiA…

Signatures are of type 0x02: ECDSA on P-256 over SHA-256 of the text, DER inside base64, behind a
key ID that is the first four bytes of SHA-256 over the key in SubjectPublicKeyInfo. As everywhere
in Sealmote, s has to be low. Lines of other signers (witnesses, say) are left unread.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from ecdsa.der import UnexpectedDER
from ecdsa.util import sigdecode_der, sigencode_der

from sealmote.crypto import Signer
from sealmote.crypto import verify as verify_signature
from sealmote.log.errors import NoteError
from sealwire.curves import P256
from sealwire.keys import ES256, PublicKey

MAX_NOTE = 1 << 18  # room for 16 signers with post-quantum signatures, which the format asks for
MAX_NAME = 128  # as an acknowledgement holds it

_TYPE = b"\x02"
# SubjectPublicKeyInfo {id-ecPublicKey, prime256v1} up to the point (RFC 5480 section 2).
_SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_UNCOMPRESSED = b"\x04"
_DASH = "\u2014 "


def check_name(name: str) -> str:
    """Return `name` if it can be a log's origin and a key's name; NoteError if not.

    One to 128 printable ASCII characters, no space and no plus: narrower than the format, for an
    origin also stands in acknowledgements, configuration files and contracts.
    """
    if not 1 <= len(name) <= MAX_NAME or not all("!" <= char <= "~" for char in name):
        raise NoteError(
            f"{name[:120]!r} is no name for a log: use 1 to {MAX_NAME} ASCII characters"
        )
    if "+" in name:
        raise NoteError(f"{name[:120]!r} is no name for a log: leave out the plus sign")
    return name


@dataclass(frozen=True)
class NoteKey:
    """A signer's name and public key (ES256), which together identify it in a note."""

    name: str
    public: PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.public.alg != ES256:
            raise NoteError("a log signs its head with ES256 (P-256): make such a key for it")

    @property
    def spki(self) -> bytes:
        """The key as DER SubjectPublicKeyInfo, 91 bytes."""
        return _SPKI_P256 + _UNCOMPRESSED + self.public.x + self.public.y

    @property
    def id(self) -> bytes:
        """The four bytes before each of the key's signatures."""
        return sha256(self.spki).digest()[:4]

    def vkey(self) -> str:
        """Return the key as one line of text: name+ID+base64(type ‖ SubjectPublicKeyInfo)."""
        return f"{self.name}+{self.id.hex()}+{_base64(_TYPE + self.spki)}"

    @classmethod
    def parse(cls, vkey: str) -> "NoteKey":
        """Read a key as `vkey` writes it; NoteError for any other text."""
        name, *rest = vkey.split("+", 2)
        data = _unbase64(rest[1]) if len(rest) == 2 else b""
        prefix = _TYPE + _SPKI_P256 + _UNCOMPRESSED
        if not data.startswith(prefix) or len(data) != len(prefix) + 64:
            raise NoteError(f"{vkey[:120]!r} is not name+ID+key of an ECDSA P-256 key (type 2)")
        try:
            public = PublicKey(ES256, data[-64:-32], data[-32:])
        except ValueError as error:
            raise NoteError(f"{name}'s key is not usable: {error}") from error
        key = cls(name, public)
        if key.vkey() != vkey:
            raise NoteError(f"{name}'s key ID is {key.id.hex()}, not {rest[0]}")
        return key


def sign(text: str, name: str, signer: Signer) -> bytes:
    """Return a note of `text`, which ends with a newline, with one signature line by `name`."""
    key = NoteKey(name, signer.public)
    signature = signer.sign(_check_text(text))
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    line = _base64(key.id + sigencode_der(r, s, P256.n))
    return f"{text}\n{_DASH}{name} {line}\n".encode()


def verify(note: bytes, key: NoteKey) -> str:
    """Return the text of a note that `key` signed.

    Raises NoteError if the note is malformed, has no line by `key`, or has one that does not hold.
    """
    text, lines = _split(note)
    signatures = [data[4:] for name, data in lines if (name, data[:4]) == (key.name, key.id)]
    if not signatures:
        raise NoteError(f"no line by {key.name} with key {key.id.hex()}: was this the log's key?")
    for der in signatures:
        if not verify_signature(key.public, text.encode(), _from_der(der)):
            raise NoteError(f"the signature by {key.name} does not hold: the note was altered")
    return text


def unverified(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note and who claims to have signed it: name and key ID of each line.

    Nothing is checked but the form. Raises NoteError for what is no note.
    """
    text, lines = _split(note)
    return text, [(name, data[:4]) for name, data in lines]


def _split(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Take a note apart into its text and its (name, key ID ‖ signature) lines, all well-formed."""
    if len(note) > MAX_NOTE:
        raise NoteError(f"a note of {len(note)} bytes; {MAX_NOTE} is the most")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note that is not UTF-8") from error
    text, separator, signatures = whole.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("no note: an empty line has to part the text from its signature lines")
    text += "\n"
    _check_text(text)
    return text, list(_signature_lines(signatures))


def _signature_lines(signatures: str) -> Iterator[tuple[str, bytes]]:
    for line in signatures[:-1].split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = _unbase64(encoded)
        well_named = name and "+" not in name and not any(char.isspace() for char in name)
        if not line.startswith(_DASH) or not well_named or len(data) <= 4:
            raise NoteError(f"not a signature line (— name base64): {line[:80]!r}")
        yield name, data


def _check_text(text: str) -> bytes:
    """Return the text as bytes if a note can carry it."""
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise NoteError("a note's text ends with a newline and has no other control character")
    return text.encode()


def _from_der(der: bytes) -> bytes:
    """Return a strict DER signature as r ‖ s, or nothing, which verifies nothing, if it is none."""
    try:
        r, s = map(int, sigdecode_der(der, P256.n))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    except (UnexpectedDER, OverflowError):
        return b""


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _unbase64(text: str) -> bytes:
    """Decode base64 (RFC 4648 section 4) in its one spelling; nothing for any other text."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _base64(data) == text else b""

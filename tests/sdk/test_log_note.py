"""C2SP signed notes of type 0x02: notes that other logs signed, and every way to spoil one."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from sealmote.crypto import Signer
from sealmote.log import note
from sealmote.log.errors import NoteError
from sealmote.log.note import NoteKey
from sealwire.keys import ES256, ES256K

# Real logs with ECDSA keys, as quoted in transparency-dev/formats, note/note_verifier_test.go
# (Apache-2.0): Sigstore's Rekor and the Pixel 6 binary transparency log.
REKOR_KEY = (
    "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBc"
    "K5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc="
)
REKOR_TEXT = "Rekor\n798034\nf+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=\n"
REKOR_NOTE = (
    REKOR_TEXT + "\n— rekor.sigstore.dev wNI9ajBEAiARInWIWyCdyG27CO6LPnPekyw20qO0YJfoaPaowGp/XgIg"
    "c+qEHS3+GKVClgqq20uDLet7MCoTURUCRdxwWBHHufk=\n"
)
PIXEL_KEY = (
    "pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZ"
    "cX0aiWVdWM5XJVy0M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8="
)
PIXEL_TEXT = "DEFAULT\n10\nbsWRucJU5xJPHb5eBdOm6+DM+VelCZBuvtI3sHERJ9Y=\n"
PIXEL_NOTE = (
    PIXEL_TEXT + "\n— pixel6_transparency_log kcFuMDBFAiEAhqMAP8P6qf6QxtUJhzMhbN+MbZ9dwfUHzGQJmffJ"
    "HtoCIGD0cNe47dHWBoPwYdgBCepB06/+g5O1FmYjXl06owL4\n"
)
# The example of C2SP signed-note itself, signed with Ed25519.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n"
    "ed è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC"
    "+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)

NAME = "sealmote.example/demo"
SIGNER = Signer(ES256, bytes(31) + b"\7")
KEY = NoteKey(NAME, SIGNER.public)
DASH = "— ".encode()
TEXT = "a text\n\nof two paragraphs\n"


@pytest.mark.parametrize(
    ("vkey", "signed", "text"),
    [(REKOR_KEY, REKOR_NOTE, REKOR_TEXT), (PIXEL_KEY, PIXEL_NOTE, PIXEL_TEXT)],
)
def test_notes_of_real_logs(vkey: str, signed: str, text: str) -> None:
    key = NoteKey.parse(vkey)
    assert key.vkey() == vkey
    assert note.verify(signed.encode(), key) == text
    for spoiled in (
        signed.replace("\n\n", " \n\n"),
        signed.replace("10", "11").replace("98", "99"),
    ):
        with pytest.raises(NoteError, match="does not hold"):
            note.verify(spoiled.encode(), key)


def test_a_note_by_others_only_is_refused() -> None:
    """The specification's example parses, blank line in its text and all, but is not ours."""
    with pytest.raises(NoteError, match=f"no line by {NAME}"):
        note.verify(POEM.encode(), KEY)


def test_round_trip_and_determinism() -> None:
    signed = note.sign(TEXT, NAME, SIGNER)
    assert note.verify(signed, KEY) == TEXT
    assert note.sign(TEXT, NAME, SIGNER) == signed
    assert signed.decode().startswith(f"{TEXT}\n— {NAME} ")


def test_lines_of_unknown_signers_are_left_unread() -> None:
    """Same name with another ID, same ID with another name, other algorithms: all unknown."""
    body, line = note.sign(TEXT, NAME, SIGNER).decode().rsplit("\n— ", 1)
    noise = b64encode(KEY.id + b"noise").decode()
    others = [
        f"— {NAME} {b64encode(bytes(4) + b'noise').decode()}",
        f"— witness.example/1 {noise}",
        f"— свидетель {noise}",
    ]
    for where in range(len(others) + 1):
        lines = [*others[:where], f"— {line.strip()}", *others[where:]]
        signed = "\n".join([body, *lines]) + "\n"
        assert note.verify(signed.encode(), KEY) == TEXT


def test_a_bad_line_of_the_known_key_refuses_the_note() -> None:
    signed = note.sign(TEXT, NAME, SIGNER)
    other = note.sign("another text\n", NAME, SIGNER).split(b"\n\n")[1]
    for spoiled in (signed + other, signed.replace(DASH, other + DASH)):
        with pytest.raises(NoteError, match="does not hold"):
            note.verify(spoiled, KEY)


def test_every_flipped_bit_is_refused() -> None:
    signed = note.sign(TEXT, NAME, SIGNER)
    for bit in range(8 * len(signed)):
        spoiled = bytearray(signed)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NoteError):
            note.verify(bytes(spoiled), KEY)


def test_another_spelling_of_the_signature_is_refused() -> None:
    """Long-form DER lengths, trailing bytes, high-S: the same numbers, refused all the same."""
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    raw = SIGNER.sign(TEXT.encode())
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    good = encode_dss_signature(r, s)
    spellings = [
        encode_dss_signature(r, n - s),
        good + b"\0",
        bytes([good[0], 0x81]) + good[1:],
        b"",
        encode_dss_signature(0, s),
        encode_dss_signature(r + (1 << 256), s),
    ]
    assert note.verify(_with(good), KEY) == TEXT
    for der in spellings:
        with pytest.raises(NoteError):
            note.verify(_with(der), KEY)


def _with(der: bytes) -> bytes:
    return f"{TEXT}\n— {NAME} {b64encode(KEY.id + der).decode()}\n".encode()


@pytest.mark.parametrize(
    "spoiled",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=",  # no newline at the end
        b"text\n\n- a AAAAAAA=\n",  # a hyphen
        b"text\n\na AAAAAAA=\n",  # no dash
        b"text\n\n\xe2\x80\x94 a\n",
        b"text\n\n\xe2\x80\x94  AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n",  # a key ID too short
        b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a\xc2\xa0b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA= \n",
        b"text\n\n\xe2\x80\x94 a AAAAAAB=\n",  # stray bits
        b"te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"te\rxt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAA=\n",
    ],
)
def test_malformed_notes_are_refused(spoiled: bytes) -> None:
    with pytest.raises(NoteError) as caught:
        note.verify(spoiled, KEY)
    assert "no line by" not in str(caught.value)


def test_a_note_is_read_up_to_its_limit() -> None:
    room = note.MAX_NOTE - len(note.sign("\n", NAME, SIGNER))
    text = "x" * (room - 4) + "\n"  # the DER signature's length varies by a few bytes
    assert note.verify(note.sign(text, NAME, SIGNER), KEY) == text
    with pytest.raises(NoteError, match="is the most"):
        note.verify(note.sign("x" * note.MAX_NOTE + "\n", NAME, SIGNER), KEY)


@given(st.binary(max_size=200))
def test_no_input_crashes(data: bytes) -> None:
    with pytest.raises(NoteError):
        note.verify(data, KEY)


@given(st.text(max_size=120))
def test_no_text_crashes_the_key_parser(text: str) -> None:
    with pytest.raises(NoteError):
        NoteKey.parse(text)


@pytest.mark.parametrize(
    "vkey",
    [
        REKOR_KEY.replace("c0d23d6a", "00000000"),
        REKOR_KEY.replace("c0d23d6a", "C0D23D6A"),
        REKOR_KEY.replace("c0d23d6a", "NOTANUMB"),
        REKOR_KEY.replace("+AjBZ", "+ATBZ"),
        REKOR_KEY.replace("WLc=", "WLd="),
        REKOR_KEY.replace("WLc=", "WLY="),  # off the curve
        REKOR_KEY + "\n",
        "rekor.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # Ed25519
    ],
)
def test_other_keys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        NoteKey.parse(vkey)


def test_spki_is_what_a_der_parser_reads() -> None:
    key = load_der_public_key(KEY.spki)
    assert isinstance(key, EllipticCurvePublicKey)
    numbers = key.public_numbers()
    assert numbers.x.to_bytes(32, "big") == SIGNER.public.x
    assert numbers.y.to_bytes(32, "big") == SIGNER.public.y


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a+b", "a\nb", "a\u2028b", "é", "x" * 129, "\x7f"]
)
def test_names_that_no_log_can_have(name: str) -> None:
    with pytest.raises(NoteError, match="no name for a log"):
        NoteKey(name, SIGNER.public)


def test_a_log_signs_with_p256_only() -> None:
    with pytest.raises(NoteError, match="ES256"):
        note.sign(TEXT, NAME, Signer.generate(ES256K))


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "cr\r\n"])
def test_texts_that_no_note_can_carry(text: str) -> None:
    with pytest.raises(NoteError, match="newline"):
        note.sign(text, NAME, SIGNER)

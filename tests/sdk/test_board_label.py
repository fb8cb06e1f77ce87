"""A device's label: URI and QR code."""

import base64
import re
from pathlib import Path

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from sealmote.board import label, label_qr
from sealmote.board.label import LabelError
from sealmote.cli.common.byte_argument import read_public_key
from sealmote.crypto import Signer
from sealwire.keys import ES256, ES256K

KEY = Signer.generate(ES256).public
URI = label.uri(KEY)


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_a_label_is_read_as_it_was_written(alg: int) -> None:
    key = Signer.generate(alg).public
    assert label.parse(label.uri(key)) == key


def test_the_thumbprint_stands_as_rfc_9679_has_it() -> None:
    encoded = re.fullmatch(r"urn:ietf:params:oauth:ckt:sha-256:([\w-]{43})\?=key=[\w-]+", URI)
    assert encoded
    assert base64.urlsafe_b64decode(encoded[1] + "=") == KEY.thumbprint()


def test_a_key_under_anothers_thumbprint_is_refused() -> None:
    other = label.uri(Signer.generate(ES256).public)
    with pytest.raises(LabelError, match="disagree"):
        label.parse(URI.partition("?=")[0] + "?=" + other.partition("?=")[2])


@given(st.integers(0, len(URI) - 1), st.characters(codec="ascii"))
def test_a_damaged_label_is_never_another_key(at: int, character: str) -> None:
    damaged = URI[:at] + character + URI[at + 1 :]
    if damaged != URI:
        with pytest.raises(LabelError):
            label.parse(damaged)


@given(st.text(max_size=300))
def test_nothing_else_is_a_label(text: str) -> None:
    with pytest.raises(LabelError):
        label.parse(text)


def test_the_code_fits_a_case_and_survives_a_scratch() -> None:
    code = segno.make_qr(URI, error="m")
    assert int(code.version) <= 12  # 65 modules: 20 mm at 0.3 mm each
    assert code.error in ("M", "Q", "H")


def test_a_scanned_label_names_a_key_on_the_command_line() -> None:
    assert read_public_key(URI) == KEY
    with pytest.raises(LabelError):
        read_public_key(URI[:-1] + "!")


def test_files_by_their_suffix(tmp_path: Path) -> None:
    label_qr.save(KEY, tmp_path / "case.svg")
    label_qr.save(KEY, tmp_path / "case.png")
    assert b"<svg" in (tmp_path / "case.svg").read_bytes()
    assert (tmp_path / "case.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(LabelError, match=r"\.svg or \.png"):
        label_qr.save(KEY, tmp_path / "case.jpg")
    with pytest.raises(LabelError, match="name another file"):
        label_qr.save(KEY, tmp_path / "missing" / "case.svg")
    assert "█" in label_qr.terminal(KEY)

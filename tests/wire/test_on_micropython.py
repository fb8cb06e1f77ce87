"""Every test file of this folder, once more, on MicroPython's Unix port."""

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(path.stem for path in HERE.glob("test_*.py") if path != Path(__file__))

# Parts of a module that a board loads later than the rest, or never.
TESTED_WITH = {
    "ack_parser": "ack",
    "cbor_decoder": "cbor",
    "cbor_item": "cbor",
    "cosekey": "keys",
    "encoding_cache": "sealer",
    "senml_codec": "senml",
    "senml_subset": "senml",
    "statement_claims": "statement",
}


@pytest.mark.parametrize("name", FILES)
def test_passes_on_micropython(name: str, run_on_micropython: Callable[..., str]) -> None:
    output = run_on_micropython(HERE / "support" / "run_file.py", HERE, name)
    assert output.endswith(" passed\n"), output


def test_every_module_of_the_wire_format_has_its_file() -> None:
    modules = {
        path.stem.strip("_") for path in (HERE.parents[1] / "firmware/sealwire").glob("*.py")
    }
    tested = {name.removeprefix("test_") for name in FILES}
    assert set(TESTED_WITH.values()) <= tested
    # A docstring; names and numbers.
    assert modules - tested == {"init", "errors", "bounds"} | set(TESTED_WITH)

"""The codec before cbor2 and before inputs that Hypothesis makes, on both runtimes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cbor2

from sealwire import cbor

ROOT = Path(__file__).parents[3]


def test_appendix_a_reads_as_cbor2_reads_it() -> None:
    document = json.loads((ROOT / "tests/vectors/rfc8949_appendix_a.json").read_text("utf-8"))
    data = [bytes.fromhex(case["cbor"]) for case in document["cases"] if case["in_subset"]]
    assert [cbor.decode(item) for item in data] == [cbor2.loads(item) for item in data]


def test_appendix_a_gets_the_same_answers_on_both_runtimes(
    ask_both: Callable[[list[str]], list[str]],
) -> None:
    document = json.loads((ROOT / "tests/vectors/rfc8949_appendix_a.json").read_text("utf-8"))
    answers = ask_both([f"codec {case['cbor']}" for case in document["cases"]])
    expected = [case["cbor"] if case["in_subset"] else "refused 1" for case in document["cases"]]
    assert answers == expected


def test_sequences_are_cut_where_the_rfc_says(ask_both: Callable[[list[str]], list[str]]) -> None:
    """Every item of appendix A is well-formed, whatever the subset; three in a row come apart again."""
    document = json.loads((ROOT / "tests/vectors/rfc8949_appendix_a.json").read_text("utf-8"))
    items = [case["cbor"] for case in document["cases"]]
    rows = [items[at : at + 3] for at in range(len(items) - 2)]
    assert ask_both([f"sequence {''.join(row)}" for row in rows]) == [",".join(row) for row in rows]


def test_fuzzing_in_its_short_form() -> None:
    command = [sys.executable, "tools/fuzz_cbor.py", "--inputs", "3000", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)
    assert counts["inputs"] == 3000
    assert counts["faults"] == counts["differing"] == 0
    assert counts["accepted"] > 1000
    assert counts["refused"] > 500

"""Give the CBOR codec inputs that Hypothesis makes, on CPython and on MicroPython.

    python tools/fuzz_cbor.py --inputs 100000 --json

A third each: random bytes, encodings with a few bytes changed, and encodings of values. For each input:

1. No exception but a refusal leaves the decoder.
2. What is decoded encodes to the same bytes.
3. cbor2 reads the same value out of what is accepted.
4. A value encodes to what an independent encoding (cbor2, keys in bytewise order) gives.
5. MicroPython's Unix port gives the same answer, and goes on living.

Exits 1 if any of this fails.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cbor2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealwire import cbor
from sealwire.errors import WireError

ROOT = Path(__file__).resolve().parent.parent
RESPONDER = ROOT / "tests/wire/support/responder.py"
BATCH = 20_000

integers = st.integers(-(2**64), 2**64 - 1) | st.sampled_from(
    [edge + step for edge in (0, 24, 2**8, 2**16, 2**32, 2**63) for step in (-1, 0, 1)]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fractions = st.builds(lambda e, m: cbor.Tag(4, [e, m]), st.integers(-9, 0), integers)
scalars = st.none() | st.booleans() | integers | st.binary(max_size=300) | texts | fractions


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=4) | st.dictionaries(integers | texts, inner, max_size=4)


values = st.recursive(scalars, _nested, max_leaves=12).filter(lambda value: _depth(value) <= 8)


def _depth(value: object) -> int:
    if isinstance(value, cbor.Tag):
        return 1 + _depth(value.value)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inside), default=0) if isinstance(value, (dict, list)) else 0


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return an encoding with up to three bytes changed, put in or taken out."""
    data = bytearray(cbor.encode(draw(values)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


class Run:
    """Feeds inputs, and counts what became of them."""

    def __init__(self, micropython: str):
        self._micropython = micropython
        self._pending: list[tuple[bytes, str]] = []
        self.counts = dict.fromkeys(("inputs", "accepted", "refused", "faults", "differing"), 0)
        self.first_faults: list[str] = []

    def feed(self, data: bytes) -> None:
        """Judge one input on CPython, and keep it for MicroPython."""
        answer = self._judge(data)
        self._pending.append((data, answer))
        if len(self._pending) == BATCH:
            self.flush()

    def feed_value(self, value: object) -> None:
        """Judge a value's encoding, and then the bytes like any other."""
        data = cbor.encode(value)
        if data != reference(value):
            self._fault(f"{value!r} encodes to {data.hex()}, cbor2 says {reference(value).hex()}")
        self.feed(data)

    def flush(self) -> None:
        """Let MicroPython answer for what is pending."""
        requests = "".join(f"codec {data.hex()}\n" for data, _ in self._pending)
        environment = {**os.environ, "MICROPYPATH": str(ROOT / "firmware")}
        ended = subprocess.run(
            [self._micropython, str(RESPONDER)],
            input=requests,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        answers = ended.stdout.splitlines()
        if ended.returncode or len(answers) != len(self._pending):
            self._fault(f"MicroPython ended: {ended.stdout[-500:]}{ended.stderr[-500:]}")
        else:
            self._compare(answers)
        self._pending = []

    def _compare(self, answers: list[str]) -> None:
        for (data, expected), answer in zip(self._pending, answers, strict=True):
            if answer != expected:
                self.counts["differing"] += 1
                self._fault(f"{data.hex()}: {expected} on CPython, {answer} on MicroPython")

    def _judge(self, data: bytes) -> str:
        self.counts["inputs"] += 1
        try:
            value = cbor.decode(data)
        except WireError as error:
            self.counts["refused"] += 1
            return f"refused {error.code}"
        except Exception as error:  # noqa: BLE001  finding these is what this is for
            self._fault(f"{data.hex()}: {error!r}")
            return "fault"
        self.counts["accepted"] += 1
        again = cbor.encode(value)
        if again != data:
            self._fault(f"{data.hex()} encodes back to {again.hex()}")
        if reference(cbor2.loads(data)) != data:
            self._fault(f"{data.hex()} is {value!r}; cbor2 reads something else")
        return again.hex()

    def _fault(self, what: str) -> None:
        self.counts["faults"] += 1
        self.first_faults = [*self.first_faults, what][:10]


def reference(value: object) -> bytes:
    """Return the deterministic encoding by cbor2, with map keys put in bytewise order first."""
    return cbor2.dumps(_ordered(value))


def _ordered(value: object) -> object:
    if isinstance(value, (cbor.Tag, cbor2.CBORTag)):
        number = value.number if isinstance(value, cbor.Tag) else value.tag
        return cbor2.CBORTag(number, _ordered(value.value))
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=cbor2.dumps)}
    return value


def parts(run: Run, inputs: int) -> Iterator[None]:
    """Feed a third of the inputs from each strategy, and yield after each."""
    sources = (
        (st.binary(max_size=64), run.feed),
        (mutated(), run.feed),
        (values, run.feed_value),
    )
    for number, (strategy, feed) in enumerate(sources):
        count = inputs // 3 + (number < inputs % 3)
        checked = settings(
            max_examples=count,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        checked(given(strategy)(feed))()
        yield


def main() -> int:
    """Run, and print the counts; return 1 if there were faults."""
    parser = argparse.ArgumentParser(description="Fuzz the CBOR codec on both runtimes")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    beside = str(Path(sys.executable).with_name("micropython"))
    parser.add_argument("--micropython", default=os.environ.get("SEALMOTE_MICROPYTHON", beside))
    options = parser.parse_args()
    started = time.monotonic()
    run = Run(options.micropython)
    for _ in parts(run, options.inputs):
        run.flush()
    result = {**run.counts, "seconds": round(time.monotonic() - started, 1)}
    if options.json:
        print(json.dumps(result))
    else:
        print("  ".join(f"{name} {count}" for name, count in result.items()))
    for fault in run.first_faults:
        print(fault, file=sys.stderr)
    return 1 if run.first_faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""The bench runs and fills in every field that its readers expect."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench" / "device.py"
FIELDS = {
    "sign_us", "peer", "peer_us", "ratio", "garbage_bytes", "count_spread", "verify_over_sign",
    "seal_over_sign", "c_us", "prototype_ratio",
}  # fmt: skip


def test_one_object_with_every_field() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH), "--json", "--turns", "2", "--keys", "0"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"es256", "es256k"}
    for report in found.values():
        assert set(report) >= FIELDS
        assert report["peer_us"] > report["sign_us"] > report["c_us"] > 0
        assert report["garbage_bytes"] <= 4096
        assert report["count_spread"] is None
        assert report["count_missing"] == "not asked for"
    assert found["es256k"]["peer"] == "embit 0.8.0"

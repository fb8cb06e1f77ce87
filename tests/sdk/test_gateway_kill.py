"""The short form of tools/kill_gateway.py: kills at random moments under load."""

import asyncio
import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def test_no_acknowledged_reading_is_lost_or_doubled_by_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    kill_gateway = importlib.import_module("kill_gateway")

    verdict = asyncio.run(kill_gateway.run(6, tmp_path / "gateway", seed=1))
    assert (verdict.missing, verdict.twice, verdict.anchors_bad) == (0, 0, 0)
    assert verdict.acknowledged > 50
    assert verdict.anchors > 0

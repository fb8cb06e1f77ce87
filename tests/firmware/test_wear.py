"""What the documentation says of the outbox's room and the flash's life holds for this firmware."""

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
THREE_DAYS = 3 * 24 * 60


def test_three_days_of_readings_fit_beside_two_firmwares_at_one_erase_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    steady, filling = importlib.import_module("wear").measure(300, rounds=1)
    assert filling["readings"] >= THREE_DAYS  # on 4 MB; 8 MB have four times the room
    for phase in (steady, filling):
        assert phase["erases"] / phase["readings"] < 1.2
    assert steady["programmed"] / steady["readings"] < 800

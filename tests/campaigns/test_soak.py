"""Hours of a farm, as `tools/soak.py` runs weeks of it: outages, power cuts, and the account."""

import asyncio
from pathlib import Path

from tools.campaign import longrun
from tools.campaign.longrun import Course

HOUR_S = 3600
# An outage longer than the outbox lasts, and three power cuts.
COURSE = Course(
    outage_at_s=HOUR_S, outage_s=3 * HOUR_S, outage_every_s=100 * HOUR_S,
    cut_every_s=2 * HOUR_S, outbox_bytes=16_384, heap_from_s=3 * HOUR_S,
)  # fmt: skip


def test_every_number_is_in_the_log_or_counted_as_dropped(tmp_path: Path) -> None:
    found = asyncio.run(longrun.soak(tmp_path, 1, 0.3, COURSE))
    assert found.unaccounted == 0
    assert found.sealed == found.logged + found.counted_dropped
    assert found.sealed > 400
    assert found.counted_dropped > 20
    assert found.sound


def test_boards_come_back_apart_from_one_another(tmp_path: Path) -> None:
    found = asyncio.run(longrun.storm(tmp_path, 12, life_s=1800))
    assert found.unaccounted == 0
    assert found.logged == found.sealed > 12 * 30
    assert found.peak <= 3
    assert found.last_s - found.first_s > 30

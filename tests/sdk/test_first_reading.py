"""The first reading that a set-up is judged by: baseline than it, and without warnings."""

import json
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.board.port import lines
from sealmote.provisioning.board_warnings import BoardWarnings
from sealmote.provisioning.errors import NoReadingError
from sealmote.provisioning.first_reading import Baseline, Endpoint, first_reading, log_size


def test_what_a_board_had_kept_before_is_no_first_reading(live: Any, board: Any) -> None:
    source, key = Endpoint(f"http://127.0.0.1:{live.port}"), board.signer.public
    live.post(*(board.seal(number, boot=4) for number in range(3)))
    live.wait_published(3)
    with pytest.raises(NoReadingError, match="took since its set-up"):
        first_reading(source, key, Baseline(0, 4), 0.1)
    live.post(board.seal(3, boot=4), board.seal(0, boot=5), board.seal(1, boot=5))
    live.wait_published(6)
    found = first_reading(source, key, Baseline(0, 4), PATIENCE_S)
    assert found.leaf == log_size(source.url) - 2


def heard(*said: str) -> BoardWarnings:
    made = BoardWarnings()
    for line in said:
        made.hear(lines.parse(line))
    return made


def test_complaints_are_kept_once_and_a_sensors_are_known() -> None:
    wiring = "W    3.120 sensors: bme280: no BME280 at 0x76"
    status = json.dumps({"version": "0.1.0", "last": "E    1.000 app: something"})
    found = heard("I    1.000 app: sealmote", wiring, "noise", wiring, status, status)
    assert found.all == ["sensors: bme280: no BME280 at 0x76", "app: something"]
    assert found.of_sensors == ["bme280: no BME280 at 0x76"]
    assert heard(json.dumps({"version": "0.1.0", "last": wiring})).of_sensors == found.of_sensors
    assert heard(json.dumps({"version": "0.1.0", "last": None})).all == []

"""Boards without hardware: the firmware, unchanged, on MicroPython's Unix port.

`Board` is a board; `Network`, `Sensor` and `Weather` are what surrounds it; `NtpServer` tells it
the time on a machine without a network.
"""

from sealmote.sim.board import Board
from sealmote.sim.errors import (
    BoardCrashedError,
    BoardFilesError,
    BoardInUseError,
    BoardStateError,
    BoardTimeoutError,
    HardwareError,
    SimError,
    SimulatorMissingError,
    SnippetError,
)
from sealmote.sim.hardware import Hardware, Network, Sensor
from sealmote.sim.ntp import NtpServer
from sealmote.sim.weather import Weather

__all__ = [
    "Board",
    "BoardCrashedError",
    "BoardFilesError",
    "BoardInUseError",
    "BoardStateError",
    "BoardTimeoutError",
    "Hardware",
    "HardwareError",
    "Network",
    "NtpServer",
    "Sensor",
    "SimError",
    "SimulatorMissingError",
    "SnippetError",
    "Weather",
]

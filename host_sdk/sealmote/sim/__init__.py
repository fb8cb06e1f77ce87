"""Boards without hardware: the firmware, unchanged, on MicroPython's Unix port.

`Board` is a board; `Network`, `Sensor` and `Weather` are what surrounds it; `NtpServer` tells it
the time on a machine without a network. `Conditions` are those of one start: a virtual clock, a
seed, each `Fault`. A `Nursery` starts hundreds of boards at once. `sealmote.sim.virtual` puts one behind
a port.
"""

from sealmote.sim.board import Board, HeapUse
from sealmote.sim.conditions import Conditions, Host
from sealmote.sim.errors import (
    BoardCrashedError,
    BoardFilesError,
    BoardInUseError,
    BoardStateError,
    BoardTimeoutError,
    FaultError,
    HardwareError,
    SimError,
    SimulatorMissingError,
    SnippetError,
)
from sealmote.sim.faults import Fault
from sealmote.sim.hardware import Hardware, Network, Sensor
from sealmote.sim.ntp import NtpServer
from sealmote.sim.nursery import Nursery
from sealmote.sim.weather import Weather

__all__ = [
    "Board",
    "BoardCrashedError",
    "BoardFilesError",
    "BoardInUseError",
    "BoardStateError",
    "BoardTimeoutError",
    "Conditions",
    "Fault",
    "FaultError",
    "Hardware",
    "HardwareError",
    "HeapUse",
    "Host",
    "Network",
    "NtpServer",
    "Nursery",
    "Sensor",
    "SimError",
    "SimulatorMissingError",
    "SnippetError",
    "Weather",
]

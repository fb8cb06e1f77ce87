"""Boards without hardware: the firmware, unchanged, on MicroPython's Unix port.

`Board` is a board; `Network`, `Sensor` and `Weather` are what surrounds it; `NtpServer` tells it
the time on a machine without a network. `Conditions` are those of one start: a virtual clock, a
seed, each `Fault`. A `ForkServer` starts hundreds of boards at once. `sealmote.sim.virtual` puts one behind
a port.
"""

from sealmote.sim.board import Board, HeapUse
from sealmote.sim.environment.conditions import Conditions, Host
from sealmote.sim.environment.faults import Fault
from sealmote.sim.environment.ntp import NtpServer
from sealmote.sim.environment.weather import Weather
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
from sealmote.sim.hardware import Hardware, Network, Sensor
from sealmote.sim.runtime.fork_server import ForkServer

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
    "ForkServer",
    "Hardware",
    "HardwareError",
    "HeapUse",
    "Host",
    "Network",
    "NtpServer",
    "Sensor",
    "SimError",
    "SimulatorMissingError",
    "SnippetError",
    "Weather",
]

"""The whole of Sealmote on one machine: boards, a gateway, a chain, and a proof of one reading.

environment       chain, gateway and boards, started and stopped
board_protocol    what the demo asks of a board: simulated_boards, or host_boards without MicroPython
progress          what a board has done so far, parsed from its serial lines
run               from an empty folder to every reading verified
artifacts         every message, key, acknowledgement, checkpoint and proof in a folder
table             the live table
"""

from sealmote.demo.options import DemoOptions
from sealmote.demo.run import Result, run

__all__ = ["DemoOptions", "Result", "run"]

"""The whole of Sealmote on one machine: boards, a gateway, a chain, and a proof of one reading.

stage    what the demo stands on: the chain, the gateway, the boards
boards   what it asks of a board: simulated where MicroPython runs, else standin
watch    what a board has done so far, read off its serial line
run      from an empty folder to every reading verified
keep     leave every message, key, acknowledgement, checkpoint and proof in a folder
table    the live table
"""

from sealmote.demo.options import DemoOptions
from sealmote.demo.run import Result, run

__all__ = ["DemoOptions", "Result", "run"]

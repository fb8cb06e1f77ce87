"""A simulated board behind a port that esptool, mpremote and other tools can open.

`VirtualBoard` puts a simulated `Board` behind a `PtyPort` or an `Rfc2217Port`. Reset into download mode
it is the chip's ROM bootloader; otherwise MicroPython runs from the very bytes that were flashed.
"""

from sealmote.sim.virtual.board import VirtualBoard
from sealmote.sim.virtual.port import Plug, Port
from sealmote.sim.virtual.pty import PtyPort
from sealmote.sim.virtual.rfc2217 import Rfc2217Port

__all__ = ["Plug", "Port", "PtyPort", "Rfc2217Port", "VirtualBoard"]

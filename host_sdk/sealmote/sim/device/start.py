"""What runs first in a simulated board's process; its names are the board's `__main__`."""

from _sim.boot import boot

boot(globals())

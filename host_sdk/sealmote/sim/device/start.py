"""Entry point of a simulated board's process; its names are the board's `__main__`."""

import gc

gc.threshold(8192)  # what is loaded lies close together, and the board's heap in one piece above it

from _sim.boot import boot  # noqa: E402 - see above

boot(globals())

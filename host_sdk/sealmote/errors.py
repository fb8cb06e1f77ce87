"""Base class of the host's errors; each message names cause and next step.

SealmoteError
 ├ board.errors    a board or an image that cannot be found, built or flashed
 ├ sim.errors      a simulated board that cannot be made or started
 ├ log.errors      a log, checkpoint, tile or proof that does not hold
 ├ chain.errors    a chain that cannot be reached, or says no
 ├ gateway.errors  a gateway that cannot be opened, a device that cannot be added
 ├ client.errors   a gateway that cannot be reached, or answers what was not asked
 ├ models          a value that is not as it is declared, JSON that is none
 └ proof.errors    a proof file with a broken link
"""


class SealmoteError(Exception):
    """A failure whose message names the cause and the next step."""

"""Events sent to the host: resets, and state that outlives the interpreter.

One JSON object a line, at most 4096 bytes, so that a pipe takes each whole (POSIX PIPE_BUF).
"""

import json

from _sim import hardware

_pipe = open(hardware.control(), "wb")  # noqa: SIM115 - open for the board's whole life


def send(event: dict[str, object]) -> None:
    """Send one event; the host has it even if the board dies at the next instruction."""
    _pipe.write(json.dumps(event).encode() + b"\n")

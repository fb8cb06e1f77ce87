"""Probe a board: its status line if Sealmote runs, else a script over its REPL.

Only another application, or one that waits to be set up, is interrupted for it, and started again: the
board is reset. One that sat at its prompt is left there.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from sealmote.board.port import repl
from sealmote.board.port.repl import SilentError

_ENTER_S: Final = 2.0
_PROMPT_S: Final = 0.3
_STATUS_S: Final = 3.0  # a signature in plain Python takes a second or more, and answers nobody
_ANSWER_S: Final = 30  # a key's public half in plain Python takes a while

# Runs on the board. It makes no key: only one that is there is looked at.
_QUESTION: Final = """
import sys, json
def q():
    r = {"release": ".".join(str(n) for n in sys.implementation[1][:3]), "mac": None, "flash": None}
    r.update({"machine": sys.implementation._machine, "sealmote": None, "key": None})
    try:
        import machine
        r["mac"] = machine.unique_id().hex()
    except (ImportError, AttributeError):
        pass
    try:
        import esp
        r["flash"] = esp.flash_size()
    except (ImportError, AttributeError):
        pass
    try:
        from mote import VERSION
        r["sealmote"] = VERSION
        from mote.attestation.identity import Identity
        from mote.storage.slots import Slots, find_partition
        s = Slots(find_partition())
        if s.payload:
            r["key"] = Identity(s).public.thumbprint().hex()
    except (ImportError, OSError, ValueError, AttributeError, MemoryError):
        pass
    print(json.dumps(r))
q()
"""


@dataclass(frozen=True)
class Answer:
    """MicroPython's answer: ``mac`` and ``key`` (a thumbprint) in hex, ``flash_size`` in bytes.

    ``boot`` is the number of the boot in which Sealmote runs now, None where it does not.
    """

    release: str
    chip: str
    mac: str | None
    flash_size: int | None
    sealmote: str | None
    key: str | None
    boot: int | None = None


def running(device: str) -> Answer | None:
    """Ask a running Sealmote; None if none answers. Nothing is interrupted. Raises PortError."""
    with repl.opened(device) as board:
        return _of_status(board.status(_STATUS_S))


def ask(device: str) -> Answer | None:
    """Ask who is there; None if no MicroPython answers. Raises PortError if the port is no use."""
    with repl.opened(device) as board:
        idle = board.is_at_prompt(_PROMPT_S)
        if not idle and (answer := _of_status(board.status(_STATUS_S))) is not None:
            return answer
        try:
            board.enter(_ENTER_S)
            answer = _parse(board.exec(_QUESTION, _ANSWER_S))
            if idle:
                board.leave()
            else:
                board.start("import machine\nmachine.reset()")
        except SilentError:
            return None
    return answer


def _of_status(said: dict[str, Any] | None) -> Answer | None:
    if said is None or not isinstance(said.get("boot"), int):
        return None
    release, chip, version = (str(said.get(name)) for name in ("micropython", "chip", "version"))
    mac, key = (str(said[name]) if name in said else None for name in ("mac", "key"))
    flash = said.get("flash")
    size = flash if isinstance(flash, int) else None
    return Answer(release, _chip(chip), mac, size, version, key, said["boot"])


def _chip(name: str) -> str:
    return name.lower().replace("-", "")


def _parse(printed: bytes) -> Answer | None:
    """Answer in the last line that was printed, or None if it is not one of ours."""
    try:
        said = json.loads(printed.strip().rpartition(b"\n")[2])
        texts = [said[name] for name in ("mac", "sealmote", "key")]
        release, machine, flash = str(said["release"]), str(said["machine"]), said["flash"]
    except (ValueError, KeyError, TypeError):
        return None
    if not all(text is None or isinstance(text, str) for text in texts):
        return None
    chip = _chip(machine.rpartition(" with ")[2])
    size = flash if isinstance(flash, int) else None
    return Answer(release, chip, texts[0], size, texts[1], texts[2])

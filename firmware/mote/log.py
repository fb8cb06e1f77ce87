"""Log lines on the serial port, for a person to read and a program to parse.

    LEVEL SECONDS MODULE: TEXT
    I   12.345 app: sealed 3/20 boot=1 seq=3 t=21.43Cel h=45.10%RH p=99213Pa kept=4

LEVEL is D, I, W or E; SECONDS since boot, milliseconds after the point, padded to eight characters.
Nothing secret is ever passed to these functions. Lines whose form is kept stable for programs:

    I ... app: sealmote VERSION boot=N alg=ALG thumbprint=HEX
    I ... app: sealed I/N NAME=VALUEUNIT ... kept=K    a reading is on flash; N is "-" without end
    I ... app: stated kept=K                           a statement is on flash
    I ... app: outbox kept=K max_bytes=B               what an earlier boot left, and the room
    I ... app: done N                                  all of sample.count are taken
    E ... app: CAUSE                                   the board stops; a person has to fix it
    D ... app: message HEX                             a sealed message, whole, as it is on flash
    D ... outbox: kept BOOT/SEQUENCE                   a message is on flash, by its number
    W ... outbox: dropped D                            D messages left it for want of room
    I ... uplink: acknowledged A kept=K                A messages left the outbox for the log
    W ... uplink: refused R kept=K: CAUSE              R left it for good, refused
    I ... wifi: connected SSID ip=ADDRESS rssi=DBM
    I ... clock: set UNIX_SECONDS offset=MSms uncertainty=MSms drift=PPMppm
    I ... sleeper: asleep for MS ms
    E ... safe: safe mode: CAUSE                       nothing runs for an hour
    E ... watchdog: no progress from TASK, ...         the hardware resets the board soon
    W ... sensors: NAME: CAUSE
    I ... setup: waiting for SECTION and SECTION: ...  set-up: what the configuration lacks

On USB the line `status` is answered by a line that begins with "{": see `mote.status`.

Line breaks inside a text become " | ", so that one event stays one line.
"""

from . import uptime

__all__ = ["Log"]  # for drivers (docs/guides/sensors.md)

_LEVELS = "DIWE"
_least = "I"
last: str | None = None  # the newest line of level W or E


def set_level(level: str) -> None:
    """Print lines of this level and above: D, I, W or E. At first it is I."""
    global _least  # noqa: PLW0603 - one serial port, one level
    _least = level


def debugging() -> bool:
    """Say whether lines of level D are printed: for those that are dear to make."""
    return _least == "D"


class Log:
    """Writes lines in the name of one module."""

    def __init__(self, module: str) -> None:
        self._module = module

    def debug(self, text: str) -> None:
        """Tell detail to whoever looks for a fault."""
        self._line("D", text)

    def info(self, text: str) -> None:
        """Tell what happens when all is well."""
        self._line("I", text)

    def warning(self, text: str) -> None:
        """Tell of what went wrong where the board goes on by itself."""
        self._line("W", text)

    def error(self, text: str) -> None:
        """Tell of what a person has to fix."""
        self._line("E", text)

    def _line(self, level: str, text: str) -> None:
        global last  # noqa: PLW0603 - one serial port, one newest line
        now = uptime.milliseconds()
        if _LEVELS.index(level) < _LEVELS.index(_least):
            return
        text = text.replace("\n", " | ")
        line = "%s %4d.%03d %s: %s" % (level, now // 1000, now % 1000, self._module, text)
        print(line)
        if level in "WE":
            last = line

"""Seeded random: what chance decides follows from the board's seed, the same in each run."""

from _sim import hardware
from _sim.storage import torn_write

_SEED = hardware.text("seed")
SEEDED = bool(_SEED)
"""Whether this board was given a seed; without one `os.urandom` is the host's."""

_drawn = 0


def seed(*what: object) -> bytes:
    """32 bytes for one occasion, named by what it is."""
    return torn_write.occasion(_SEED, what)


def life() -> int:
    """Which start of this board's this is."""
    return hardware.integer("life")


def number(*what: object) -> int:
    """Draw 32 bits for one occasion."""
    return int.from_bytes(seed(*what)[:4], "big")


def happens(share: object, *what: object) -> bool:
    """Whether an occasion is one of a share, 0 to 1, of all."""
    assert isinstance(share, (int, float))
    return number(*what) < share * 4294967296


def octets(count: int) -> bytes:
    """Draw what the board takes for random bytes: others in each life of each board."""
    global _drawn  # noqa: PLW0603 - one stream a board
    drawn = b""
    while len(drawn) < count:
        _drawn += 1
        drawn += seed("random", hardware.text("mac"), life(), _drawn)
    return drawn[:count]

"""`esp` as the port has it, as far as tools ask: the size of the flash."""

from _sim.storage import flash

__all__ = ("flash_size",)


def flash_size() -> int:
    """Size of the flash in bytes."""
    return flash.SIZE

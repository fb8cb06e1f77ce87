"""`machine.RTC`: the wall clock, and the memory that outlives all but a loss of power."""

import binascii
import time

from micropython import const

from _sim import clock, hardware, host_events

_MEMORY_BYTES = const(2048)

_memory = hardware.binary("rtc_memory")


class RTC:
    """The one real-time clock."""

    def datetime(
        self, parts: tuple[int, ...] | None = None
    ) -> tuple[int, int, int, int, int, int, int, int] | None:
        """Get or set (year, month, day, weekday, hour, minute, second, microsecond)."""
        if parts is None:
            return self._get()
        self.init(parts)
        return None

    def init(self, parts: tuple[int, ...]) -> None:
        """Set the clock; the weekday is worked out, not believed."""
        if len(parts) != 8:
            raise ValueError("datetime needs a tuple of length 8")
        year, month, day, _, hour, minute, second, microsecond = parts
        seconds = time.mktime((year, month, day, hour, minute, second, 0, 0))
        clock.set_wall_us(seconds * 1000000 + microsecond)

    def memory(self, data: bytes | bytearray | str | None = None) -> bytes | None:
        """Get or set up to 2048 bytes."""
        global _memory  # noqa: PLW0603 - one memory a chip
        if data is None:
            return _memory
        kept = data.encode() if isinstance(data, str) else bytes(data)
        if len(kept) > _MEMORY_BYTES:
            raise ValueError("buffer too long")
        _memory = kept
        host_events.send({"rtc_memory": binascii.hexlify(kept).decode()})
        return None

    @staticmethod
    def _get() -> tuple[int, int, int, int, int, int, int, int]:
        wall = clock.wall_us()
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(wall // 1000000)
        return (year, month, day, weekday, hour, minute, second, wall % 1000000)

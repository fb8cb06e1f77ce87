"""Chips of which only the id register is modelled: what the firmware finds where it looks for its own.

Ids and their registers: the datasheets that `mote.sensors.i2c_diagnosis` names; all else reads as 00.
"""

IDS = {"bme680": (0xD0, 0x61), "bmp180": (0xD0, 0x55), "bmp388": (0x00, 0x50)}


class IdOnly:
    """One chip at one address."""

    def __init__(self, kind: str) -> None:
        self._id = IDS[kind]
        self.pointer = 0

    def write(self, data: bytes) -> None:
        """Take one write transaction, of which only the register matters."""
        self.pointer = data[0] if data else self.pointer

    def read(self, count: int) -> bytes:
        """Give count registers from the pointer on."""
        register, value = self._id
        first, self.pointer = self.pointer, self.pointer + count & 0xFF
        return bytes(value if first + index == register else 0 for index in range(count))

"""Bosch chips of which only the id register is modelled, at addresses that they share with a BME280.

Ids and their registers: the datasheets that `mote.sensors.i2c_diagnosis` names; all else reads as 00.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Surroundings


class _IdOnly:
    """One chip at one address."""

    ADDRESSES: tuple[int, ...] = (0x76, 0x77)
    DRIVER = "bme280"  # which says what it has found
    ID = (0xD0, 0x00)  # register and value

    def __init__(self, surroundings: "Surroundings") -> None:  # noqa: ARG002 - measures nothing
        self.pointer = 0

    def write(self, data: bytes) -> bool:
        """Take one write transaction, of which only the register matters."""
        self.pointer = data[0] if data else self.pointer
        return True

    def read(self, count: int) -> bytes:
        """Give count registers from the pointer on."""
        register, value = self.ID
        first, self.pointer = self.pointer, self.pointer + count & 0xFF
        return bytes(value if first + index == register else 0 for index in range(count))


class Bme680(_IdOnly):
    """BME680, its id alone."""

    NAME = "bme680"
    ID = (0xD0, 0x61)


class Bmp180(_IdOnly):
    """BMP180, its id alone."""

    NAME = "bmp180"
    ADDRESSES = (0x77,)
    ID = (0xD0, 0x55)


class Bmp388(_IdOnly):
    """BMP388, its id alone."""

    NAME = "bmp388"
    ID = (0x00, 0x50)


MODELS = (Bme680, Bmp180, Bmp388)

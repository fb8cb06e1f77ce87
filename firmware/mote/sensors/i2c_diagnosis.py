"""Names what is on the bus where a BME280 or BMP280 was looked for: its siblings share the addresses.

Chip ids: BMP180 0x55 (BST-BMP180-DS000 section 4.3) and BME680, BME688, BME690 0x61 (BST-BME680-DS001
section 5.3.1.1) at 0xD0; BMP384, BMP388 0x50 and BMP390 0x60 at 0x00 (BST-BMP388-DS001 and
BST-BMP390-DS002, section 4.3.1); DPS310 and SPL06 0x10 at 0x0D (Infineon DPS310, section 7.10).
"""

import errno

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from machine import I2C

_STRANGERS = {
    (0xD0, 0x55): "BMP180",
    (0xD0, 0x61): "BME680",
    (0x00, 0x50): "BMP388",
    (0x00, 0x60): "BMP390",
    (0x0D, 0x10): "DPS310 or SPL06",
}
_CHIP_IDS = (0xD0, 0x00, 0x0D)  # the registers that hold one


def describe(bus: "I2C", addresses: tuple[int, int]) -> str:
    """Return the cause and the next step for a bus on which no chip of ours answers."""
    for address in addresses:
        try:
            ids = [bus.readfrom_mem(address, register, 1)[0] for register in _CHIP_IDS]
        except OSError as error:
            if error.errno != errno.ENODEV:
                return (
                    "the I2C bus is held (%s): SDA or SCL lies at ground or has no pull-up" % error
                )
            continue
        return _describe(address, ids)
    return "no BME280 or BMP280 at 0x76 or 0x77: check wiring, power and the i2c pins"


def _describe(address: int, ids: list[int]) -> str:
    pairs = zip(_CHIP_IDS, ids)
    names = [_STRANGERS[pair] for pair in pairs if pair in _STRANGERS]
    if not names and ids in ([0, 0, 0], [0xFF, 0xFF, 0xFF]):
        return "only 0x%02x is read at 0x%02x: SDA is held, or a wire is open" % (ids[0], address)
    return "a %s is at 0x%02x, and no BME280 or BMP280: it needs a driver of its own in /lib" % (
        names[0] if names else "chip with id 0x%02x" % ids[0],
        address,
    )

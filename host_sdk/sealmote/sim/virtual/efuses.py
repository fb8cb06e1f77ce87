"""A board's eFuses in a file, burnt bits and all, by espefuse's own model of the controller.

The file is in espefuse's format: `espefuse --chip esp32c3 --virt --path-efuse-file FILE summary` reads
it as well. Registers: ESP32 TRM chapter "eFuse Controller", ESP32-S3 and -C3 TRM chapter "eFuse
Controller (EFUSE)".
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from esptool.targets import CHIP_DEFS

_CK8M_FREQ: Final = (
    128  # how fast an ESP32's RC oscillator was found to be; esptool reckons with it
)


class Efuses:
    """The eFuse controller's registers; what is burnt is in the file at once."""

    def __init__(self, path: Path, chip: str, mac: bytes) -> None:
        new = not path.exists()
        path.touch(mode=0o600)  # for its owner only: keys may be burnt
        module = import_module(f"espefuse.efuse.{chip}.emulate_efuse_controller")
        self._controller: Any = module.EmulateEfuseController(efuse_file=str(path))
        registers = self._controller.REGS
        self._window = range(
            registers.DR_REG_EFUSE_BASE, registers.DR_REG_EFUSE_BASE + registers.EFUSE_MEM_SIZE
        )
        if new:
            for address, value in _factory(chip, mac).items():
                self._controller.update_reg(address, 0xFFFFFFFF, value)
            self._controller.save_to_file()

    def __contains__(self, address: int) -> bool:
        return address in self._window

    def read(self, address: int) -> int:
        """Read a register."""
        value = self._controller.read_reg(address)
        assert isinstance(value, int)
        return value

    def write(self, address: int, value: int, mask: int) -> None:
        """Write a register; some writes burn."""
        kept = self.read(address) & ~mask if mask != 0xFFFFFFFF else 0
        self._controller.write_reg(address, kept | value & mask)


def _factory(chip: str, mac: bytes) -> dict[int, int]:
    """Return what the factory burns: the MAC, on an ESP32 with its CRC."""
    rom = CHIP_DEFS[chip]
    low, high = int.from_bytes(mac[2:], "big"), int.from_bytes(mac[:2], "big")
    if chip == "esp32":
        base = rom.EFUSE_RD_REG_BASE
        return {base + 4: low, base + 8: high | _crc8(mac) << 16, base + 16: _CK8M_FREQ}
    return {rom.MAC_EFUSE_REG: low, rom.MAC_EFUSE_REG + 4: high}


def _crc8(mac: bytes) -> int:
    """CRC-8 with the polynomial of 1-Wire, over the MAC (`espefuse`, esp32 fields)."""
    crc = 0
    for byte in mac:
        for bit in range(8):
            odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8C if odd else 0)
    return crc

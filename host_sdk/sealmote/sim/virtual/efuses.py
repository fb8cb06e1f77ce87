"""eFuses of a board in a file, kept by espefuse's own model of the controller.

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

# Bits of block 0 that decide what starts: (word, bit), as espefuse's definitions of the chips number them.
_BITS: Final[dict[str, dict[str, tuple[tuple[int, int], ...]]]] = {
    "esp32": {"secure boot": ((6, 4), (6, 5)), "no download": ((0, 27),), "locked download": ()},
    "others": {
        "secure boot": ((3, 20),), "no download": ((4, 0),), "locked download": ((4, 5),),
    },
}  # fmt: skip
_COUNTERS: Final = {"esp32": (0, 20, 7), "others": (2, 18, 3)}  # of encryptions: word, bit, length
_BLOCK0: Final = {
    "esp32": 0,
    "others": 0x2C,
}  # where its words are read, from the controller's base


class Efuses:
    """The eFuse controller's registers; what is burnt is in the file at once."""

    def __init__(self, path: Path, chip: str, mac: bytes) -> None:
        self._kind = chip if chip in _BITS else "others"
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

    @property
    def secure_boot(self) -> bool:
        """Whether only what is signed starts."""
        return self._burnt("secure boot")

    @property
    def no_download(self) -> bool:
        """Whether the chip never enters download mode."""
        return self._burnt("no download")

    @property
    def locked_download(self) -> bool:
        """Whether download mode lets nothing be read or run (secure download mode)."""
        return self._burnt("locked download")

    @property
    def encryptions(self) -> int:
        """Counter whose odd number of burnt bits means that the flash is encrypted."""
        word, bit, length = _COUNTERS[self._kind]
        return self._word(word) >> bit & (1 << length) - 1

    def _burnt(self, what: str) -> bool:
        return any(self._word(word) >> bit & 1 for word, bit in _BITS[self._kind][what])

    def _word(self, number: int) -> int:
        return self.read(self._window.start + _BLOCK0[self._kind] + 4 * number)

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

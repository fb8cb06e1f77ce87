"""eFuse checks: secure boot, flash encryption, secure download mode.

An eFuse is burnt once and for good. Names and places: ESP32 TRM, "eFuse Controller"; ESP32-S3 and -C3 TRM,
"eFuse Controller (EFUSE)"; esptool's targets. Flash is encrypted while an odd number of the counter's
bits are burnt (ESP-IDF Programming Guide, "Flash Encryption").
"""

from typing import Any, Final

from sealmote.board.errors import ImageError

# A chip with one of these never enters its bootloader, so that nothing can be asked of it.
NO_DOWNLOAD: Final = "UART_DOWNLOAD_DIS on an ESP32, DIS_DOWNLOAD_MODE on other chips"

_SECURE_BOOT: Final = "its secure boot starts nothing that is not signed with its maker's key"
_ENCRYPTED: Final = "it encrypts its flash, and starts only what was encrypted with its own key"
_DOWNLOAD: Final = "its secure download mode lets nobody see what is in its flash"

Burnt = list[tuple[str, str]]
"""(name of an eFuse, what it does to the board)."""


def check_writable(esp: Any, device: str) -> None:
    """Raise ImageError if a board, connected by its ROM, would not start what Sealmote writes.

    ``esp`` is one of esptool's chips. Nothing has been written by then, not even a stub into RAM.
    """
    burnt = _by_info(esp) if esp.secure_download_mode else _by_registers(esp)
    if not burnt:
        return
    names = ", ".join(name for name, _ in burnt)
    why = "; ".join(what for _, what in burnt)
    raise ImageError(
        f"the board at {device} is left as it is, for its eFuses are burnt ({names}): {why}. No eFuse can "
        "be unburnt: use a board without secure boot and flash encryption"
    )


def _by_registers(esp: Any) -> Burnt:
    encrypted = esp.get_flash_encryption_enabled()
    if esp.CHIP_NAME == "ESP32":
        done = esp.read_reg(esp.EFUSE_RD_ABS_DONE_REG)
        boot = [
            ("ABS_DONE_0 (Secure Boot V1)", done & esp.EFUSE_RD_ABS_DONE_0_MASK),
            ("ABS_DONE_1 (Secure Boot V2)", done & esp.EFUSE_RD_ABS_DONE_1_MASK),
        ]
        return _named(boot, "FLASH_CRYPT_CNT", encrypted)
    return _named(
        [("SECURE_BOOT_EN (Secure Boot V2)", esp.get_secure_boot_enabled())],
        "SPI_BOOT_CRYPT_CNT",
        encrypted,
    )


def _by_info(esp: Any) -> Burnt:
    """Return what a chip in secure download mode says of itself: it lets no register be read."""
    info = esp.get_security_info()
    encrypted = info["flash_crypt_cnt"].bit_count() % 2 == 1
    boot = [("SECURE_BOOT_EN (Secure Boot V2)", info["parsed_flags"]["SECURE_BOOT_EN"])]
    return [
        *_named(boot, "SPI_BOOT_CRYPT_CNT", encrypted),
        ("ENABLE_SECURITY_DOWNLOAD", _DOWNLOAD),
    ]


def _named(boot: list[tuple[str, int]], counter: str, encrypted: int) -> Burnt:
    found = [(name, _SECURE_BOOT) for name, burnt in boot if burnt]
    return found + ([(f"{counter} (flash encryption)", _ENCRYPTED)] if encrypted else [])

"""Repair of a board's damaged littlefs filesystems from its bootloader."""

"""Flashing by esptool, a worker process for each board: device state, overwrite check, journal."""

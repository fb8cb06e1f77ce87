"""Power: deep sleep, resets and what outlives them, safe mode, the watchdog."""

"""Bounds of integers, wherever they stand in a message."""

COUNTER_MAX = 0xFFFFFFFF
# A time below 2**28 is relative to now in SenML (RFC 8428 section 4.5.3); 2**40 is the year 36812.
TIME_MIN = 1 << 28
TIME_MAX = (1 << 40) - 1
# An acknowledgement: its promise is for so long at the most, and the clocks of gateway and board may
# differ by so much beside what the board knows of its own.
MERGE_DELAY_MAX_S = 86_400
CLOCK_TOLERANCE_S = 300

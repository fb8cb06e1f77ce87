"""Unix seconds as text, and an hour from now."""

import time
from datetime import UTC, datetime


def moment(seconds: int) -> str:
    """Return Unix seconds as UTC in words, or as they are where no calendar goes that far."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s after 1970"


def in_one_hour() -> int:
    """Return the Unix time an hour from now: how long a consent that is asked for now may be used."""
    return int(time.time()) + 3600

"""Size options of the demo."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoOptions:
    """``readings`` are those of each board, ``period_s`` the time between two of them."""

    boards: int = 3
    readings: int = 20
    period_s: int = 2

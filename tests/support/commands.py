"""Runs the command line as a user does."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEALMOTE = Path(sys.executable).with_name("sealmote")

Sealmote = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Left:
    """What a demo printed as JSON, and the folder that it left."""

    printed: dict[str, Any]
    folder: Path

    @property
    def proofs(self) -> list[Path]:
        return sorted((self.folder / "proofs").iterdir())


def run_sealmote(*arguments: object, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SEALMOTE), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )

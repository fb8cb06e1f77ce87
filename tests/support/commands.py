"""Runs the command line as a user does."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patience import PATIENCE_S

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


def run_sealmote(
    *arguments: object, timeout: float = 2 * PATIENCE_S
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SEALMOTE), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def running(*arguments: object, until: str) -> Iterator[str]:
    """Start a command that goes on, and yield the text that matched once it has printed it.

    Ctrl-C ends it, which is no failure.
    """
    process = subprocess.Popen(
        [str(SEALMOTE), *map(str, arguments)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if match := re.search(until, line):
                yield match.group(1)
                break
        else:
            raise AssertionError(f"{arguments} ended without {until!r}:\n{printed}")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()  # a no-op where it has ended
            process.wait()


def make_hasty(gateway: Path) -> None:
    """Have a gateway sign and anchor a checkpoint each second, so that nobody has to wait for one."""
    settings = gateway / "gateway.toml"
    text, changed = re.subn(
        r"(checkpoint|anchor)_period_s = \d+", r"\1_period_s = 1", settings.read_text()
    )
    assert changed == 2
    settings.write_text(text)

"""The README's commands by hand, in its order and as they stand there, but for free ports and haste."""

import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from commands import SEALMOTE, make_hasty
from patience import PATIENCE_S

README = Path(__file__).resolve().parents[2] / "README.md"
# What a test adds: free ports, and a reading a second.
_MORE = {
    "gateway run": ["--port", "0", "--rpc-port", "0"],
    "sim create": ["--period", "1", "--gateway", "GATEWAY"],
    "prove": ["--gateway", "GATEWAY"],
}
_CHAIN, _CHAIN_IN_README = "CHAIN", "http://127.0.0.1:8545"


def by_hand() -> list[list[str]]:
    """Return the arguments of each command in the section."""
    section = README.read_text(encoding="utf-8").split("## By hand")[1].split("\n## ")[0]
    lines = re.findall(r"^    \.venv/bin/sealmote (.*)$", section, re.MULTILINE)
    return [_with_more(line.replace(_CHAIN_IN_README, _CHAIN)) for line in lines]


def _with_more(line: str) -> list[str]:
    more = [words for start, words in _MORE.items() if line.startswith(start)]
    return [*shlex.split(line), *chain.from_iterable(more)]


@contextmanager
def going_on(folder: Path, command: list[str], until: str) -> Iterator[str]:
    """Start a command that does not end by itself; yields what it printed up to a match."""
    with subprocess.Popen(
        [str(SEALMOTE), *command], cwd=folder, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while not re.search(until, printed):
                line = process.stdout.readline()
                assert line, f"{command} ended without {until!r}:\n{printed}"
                printed += line
            yield printed
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0


def ends_well(folder: Path, command: list[str], patience_s: float = 0) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        ended = subprocess.run(
            [str(SEALMOTE), *command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_S,
            check=False,
        )
        if ended.returncode == 0:
            return
        assert time.monotonic() < deadline, f"{command}\n{ended.stdout}{ended.stderr}"
        time.sleep(1)


def test_the_commands_by_hand_do_what_the_readme_says(tmp_path: Path) -> None:
    create, serve, make, add, run, prove, *verify = by_hand()
    ends_well(tmp_path, create)
    make_hasty(tmp_path / "my-gateway")
    with going_on(tmp_path, serve, r"garden at \S+;") as printed:
        addresses = dict(
            zip((_CHAIN, "GATEWAY"), re.findall(r"at (http\S+\d)", printed), strict=True)
        )
        make, add, run, prove, *verify = (
            [addresses.get(part, part) for part in command]
            for command in (make, add, run, prove, *verify)
        )
        ends_well(tmp_path, make)
        ends_well(tmp_path, add)
        with going_on(tmp_path, run, r"uplink: acknowledged"):
            time.sleep(1)
        ends_well(tmp_path, prove, patience_s=PATIENCE_S)
        assert len(verify) == 2
        for command in verify:
            ends_well(tmp_path, command)

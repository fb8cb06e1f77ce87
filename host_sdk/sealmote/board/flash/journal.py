"""Flash journal: one JSON line for each result of a batch.

    {"time": "2026-11-22T14:05:26Z", "mac": hex, "chip": name, "port": name, "image": SHA-256 in hex,
     "key": thumbprint in hex or null, "result": "begun" | "flashed" | "failed" | "refused",
     "detail": why not or null, "backup": file or null}

A board gets its line "begun" before its first byte is written, so that no older line speaks for it any
more, whatever becomes of the computer. No line holds a secret. A line is durable when `append` returns; one
that a crash cut short at the end of the file counts as not written.
"""

import json
import os
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sealmote.board.errors import JournalError

Result = Literal["begun", "flashed", "failed", "refused"]
_LARGEST: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """What one board got. ``image`` and ``key`` in hex."""

    mac: str
    chip: str
    port: str
    image: str
    key: str | None
    result: Result
    detail: str | None = None
    backup: str | None = None


class Journal:
    """The file ``path``; made with its first entry."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises JournalError if a line is not a journal's."""
        self._path = path
        self._lock = threading.Lock()
        self._entries = _read(path)

    def has(self, mac: str, image: str) -> bool:
        """Say whether the last that was begun on a board was this image, and is done."""
        last = next(
            (e for e in reversed(self._entries) if e.mac == mac and e.result != "refused"), None
        )
        return last is not None and (last.result, last.image) == ("flashed", image)

    def append(self, entry: Entry) -> None:
        """Add a line. Durable on return; raises JournalError if it cannot be written."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = json.dumps({"time": stamp, **asdict(entry)}) + "\n"
        with self._lock:
            try:
                self._append(line.encode())
            except OSError as error:
                raise JournalError(
                    f"cannot write the flash journal {self._path} ({error.strerror}): board {entry.mac} is "
                    f"{entry.result} and not in it; name another with --journal"
                ) from error
            self._entries.append(entry)

    def _append(self, line: bytes) -> None:
        with self._path.open("a+b") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> list[Entry]:
    try:
        if path.stat().st_size > _LARGEST:
            raise JournalError(
                f"{path} is too large for a flash journal: name another with --journal"
            )
        lines = path.read_bytes().split(b"\n")[:-1]  # what has no newline was cut short
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(
            f"cannot read the flash journal {path} ({error.strerror}): name another with --journal"
        ) from error
    return [_parse(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]


def _parse(line: bytes, place: str) -> Entry:
    try:
        fields: dict[str, Any] = json.loads(line)
        fields.pop("time")
        entry = Entry(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalError(
            f"{place} is no flash journal's line ({error}): name another --journal"
        ) from error
    texts = [entry.mac, entry.chip, entry.port, entry.image]
    if not all(isinstance(text, str) for text in texts) or entry.result not in get_args(Result):
        raise JournalError(f"{place} is no flash journal's line: name another --journal")
    return entry

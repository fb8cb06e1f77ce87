"""Every message that docs/guides/troubleshooting.md quotes is one that a source makes."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guides/troubleshooting.md"
GAP = "…"  # what differs from case to case
_CODE = re.compile(r"`` (.+?) ``|`([^`]+)`")
_FORMAT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-z]")  # as in "%d of %s"


def quoted() -> list[str]:
    """Return what stands as code in the first column of each row."""
    rows = [
        line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    cells = (re.split(r"(?<!\\)\|", row)[1] for row in rows)
    return [
        (long or short).strip(f" {GAP}:") for cell in cells for long, short in _CODE.findall(cell)
    ]


@cache
def templates() -> list[tuple[str, re.Pattern[str]]]:
    """Every text in the sources with a gap where a value is put in, and the pattern of what it becomes."""
    found = set()
    for root in ("host_sdk/sealmote", "firmware"):
        for path in (ROOT / root).rglob("*.py"):
            found.update(_texts(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "host_sdk/sealmote/chain/evm/contracts/sources").glob("*.vy"):
        found.update(re.findall(r'"([^"\n]+)"', path.read_text(encoding="utf-8")))
    return [(text, _pattern(text)) for text in sorted(found) if " " in text]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else GAP for p in node.values)
            yield _flat("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _flat(_FORMAT.sub(GAP, node.value).replace("%%", "%"))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+?".join(map(re.escape, text.split(GAP))))


@cache
def is_made(message: str) -> bool:
    """Whether a source makes this text: whole, as a part of a longer one, or two joined by a colon."""
    if not message.strip(f"{GAP} ;,:.()'\"0123456789"):
        return True  # nothing but what differs
    if _pattern(message).search("\n".join(text for text, _ in templates())):
        return True
    if any(_fills(message, text, like) for text, like in templates()):
        return True
    joints = (
        m for joint in (": ", "; ", ", ", " (") for m in re.finditer(re.escape(joint), message)
    )
    return any(
        is_made(message[: m.start()]) and is_made(message[m.end() :].rstrip(")")) for m in joints
    )


def _fills(message: str, text: str, like: re.Pattern[str]) -> bool:
    """Whether a text with its gaps filled gives the message, most of which is the text's own."""
    own = len(text.replace(GAP, ""))
    return 2 * own > len(message.replace(GAP, "")) and like.fullmatch(message) is not None


def test_the_guide_has_its_messages() -> None:
    assert len(quoted()) > 100


@pytest.mark.parametrize("message", quoted())
def test_a_quoted_message_is_made_somewhere(message: str) -> None:
    assert is_made(message), message


def test_a_message_that_nobody_makes_is_noticed() -> None:
    assert not is_made("the board has run away: call it back")
    assert not is_made("the log's head is tired: …")

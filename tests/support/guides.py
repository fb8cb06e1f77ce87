"""Example files as the guides print them."""

import re
import textwrap
from pathlib import Path

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


def example(guide: str, begins: str) -> str:
    """The indented block of a guide that begins with that line."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE)
    (found,) = (
        block for block in map(textwrap.dedent, blocks) if block.strip().startswith(begins)
    )  # fmt: skip
    return found

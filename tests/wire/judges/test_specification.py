"""The specification's tables and numbers, held against the code."""

import re
from pathlib import Path

from sealmote.chain.evm.logs import LOG_MEDIA_TYPE
from sealmote.gateway.intake import MAX_BODY, MAX_MESSAGES
from sealmote.gateway.web.ingest import ONE, SEVERAL
from sealwire import ack, evidence, message, registration, statement
from sealwire.errors import CODE_NAMES

SPECIFICATION = Path(__file__).parents[3] / "docs/spec/wire.md"
TEXT = SPECIFICATION.read_text("utf-8")
FLOWING = " ".join(TEXT.split())


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    section = re.split(r"\n#+ ", TEXT.split(f" {heading}\n", 1)[1])[0]
    lines = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_codes_are_those_of_the_table() -> None:
    assert {int(row[0]): row[1] for row in _rows("Codes")} == CODE_NAMES


def test_everything_that_is_signed_is_listed() -> None:
    listed = " ".join(row[0] for row in _rows("What is signed"))
    for media_type in (
        ack.MEDIA_TYPE,
        evidence.MEDIA_TYPE,
        registration.MEDIA_TYPE,
        LOG_MEDIA_TYPE,
    ):
        assert f"`{media_type}`" in listed


def test_causes_and_clocks_are_the_listed_ones() -> None:
    causes = ", ".join(
        f"{number} {cause.replace('deep-sleep', 'deep sleep')}"
        for number, cause in enumerate(statement.RESET_CAUSES)
    )
    assert causes in FLOWING
    assert [source.lower() for source in statement.CLOCK_SOURCES] == ["unset", "sntp", "rtc"]
    assert "0 unset, 1 SNTP, 2 RTC" in FLOWING


def test_sizes_are_the_codes() -> None:
    for promise in (
        f"A message MUST NOT exceed {message.MAX_MESSAGE} bytes",
        f"1 to {ack.MAX_OUTCOMES} outcomes. The message is at most {ack.MAX_ACK} bytes",
        f"At most {evidence.MAX_EVIDENCE} bytes",
        f"1 to {statement.MAX_DROPPED} of [boot, first, last, cause, ? refusal]",
        f"up to {MAX_MESSAGES} one after another as `{SEVERAL}` (RFC 8742), at most {MAX_BODY} bytes",
        f"one message as `{ONE}`",
    ):
        assert promise in FLOWING, promise


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    for target in targets:
        if target.startswith("#"):
            headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert target[1:] in anchors, target
        else:
            assert (SPECIFICATION.parent / target).exists(), target

"""A noun is in the singular where its number is one."""

from sealmote.common.plural import counted


def test_one_is_singular_and_every_other_number_plural() -> None:
    assert [counted(number, "segment") for number in (0, 1, 2)] == [
        "0 segments", "1 segment", "2 segments",
    ]  # fmt: skip
    assert counted(1, "leaf", "leaves") == "1 leaf"
    assert counted(21, "leaf", "leaves") == "21 leaves"

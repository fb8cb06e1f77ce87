"""The settings file: its sections, every fault with its key and fix, and the files of before."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.gateway import Gateway, LogOptions, Options, SettingsError, StoreError
from sealmote.gateway import settings as gateway_settings
from sealmote.models import FieldError

GUIDE = Path(__file__).resolve().parents[2] / "docs/guides/gateway-settings.md"

ADDRESS = st.text(min_size=1, max_size=9).filter(
    lambda text: re.fullmatch(r"[^\s\x00-\x1f\x7f]+", text)
)

# As `sealmote gateway create` wrote it before there were sections.
FLAT = """# A Sealmote gateway. Restart it after a change.
origin = "sealmote.example/test"

# Addresses of the chain's nodes, one asked if another fails, for `sealmote gateway run`:
rpc = ["https://node.example/KEY"]

merge_delay_s = 120  # 1 to 86400
checkpoint_period_s = 5  # 0.05 to 3600
anchor_period_s = 6  # 0.05 to 86400
body_timeout_s = 7  # 1 to 300
max_requests = 8  # 1 to 10000
max_connections = 9  # 4 to 100000
"""


def refused(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises((SettingsError, StoreError)) as caught:
        Gateway.open(file.parent)
    return str(caught.value)


def test_settings_are_read_whole_or_not_at_all(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gateway\.toml is missing"):
        Gateway.open(tmp_path / "nowhere")
    file = directory / "gateway.toml"
    good = file.read_text()
    for change, cause in (
        (good + 'colour = "red"\n', r"limits\.colour is not known: there are body_timeout_s, "),
        (
            "colour = 1\n" + good,
            r": colour is not known: there are log, chain, limits, origin",
        ),
        (
            good.replace("# rpc = []", 'rpc = "https://n"'),
            r"chain\.rpc is not a list: write a list",
        ),
        (good.replace("# rpc = []", "rpc = [1]"), r"chain\.rpc\[0\] = 1 is not text: write a list"),
        (good.replace("max_requests = 128", "max_requests = 1.5"), "= 1.5 is not a whole number"),
        (good.replace("max_requests = 128", "max_requests = true"), r"limits\.max_requests = True"),
        (good.replace("max_requests = 128", "max_requests = 0"), "= 0 is outside 1 to 10000"),
        (good.replace("merge_delay_s = 120", "merge_delay_s = nan"), "= nan is outside"),
        (good.replace("merge_delay_s = 120", "merge_delay_s = 0.05"), r"log\.merge_delay_s = 0.05"),
        (good.replace('origin = "', 'origin = "a b'), "origin is not a name for a log"),
        (good.replace("origin", "# origin"), "origin is missing: it names the log"),
        (good.replace("[limits]", "[[limits]]"), "limits is not an object with keys"),
        ("limits = 7\n" + good.replace("[limits]", "[x]"), "limits is not an object with keys"),
        (good + "[", r"cannot be read: .*: correct it there"),
        (good + "x = " + "[" * 100_000, "cannot be read"),
        (good + "x = " + "9" * 10_000, "cannot be read"),
        (good.replace("sealmote.example/test", "sealmote.example/other"), "a log keeps its name"),
    ):
        assert re.search(cause, refused(file, change)), cause
    file.write_text(good)
    Gateway.open(directory).close()


def test_every_fault_is_named_at_once(directory: Path) -> None:
    file = directory / "gateway.toml"
    text = file.read_text().replace("max_requests = 128", 'max_requests = "many"\ncolour = "red"')
    said = refused(file, text.replace("merge_delay_s = 120", "merge_delay_s = 0"))
    for key in ("log.merge_delay_s", "limits.max_requests", "limits.colour"):
        assert key in said
    many = [f"colour_{number}" for number in range(20)]
    said = refused(file, text + "".join(f"{name} = 1\n" for name in many))
    assert all(f"limits.{name} is not known" in said for name in many)


def test_an_address_with_a_key_is_in_no_message(directory: Path) -> None:
    file = directory / "gateway.toml"
    said = refused(file, file.read_text().replace("# rpc = []", 'rpc = {u = "https://n/s3cret"}'))
    assert "chain.rpc" in said
    assert "s3cret" not in said
    assert "s3cret" not in repr(gateway_settings.ChainOptions(("https://n/s3cret",)))


def test_a_file_without_sections_is_read_as_before(directory: Path) -> None:
    (directory / "gateway.toml").write_text(FLAT)
    with Gateway.open(directory) as gateway:
        found = gateway.settings
    assert (found.log.merge_delay_s, found.log.checkpoint_period_s) == (120, 5)
    assert (found.chain.rpc, found.chain.anchor_period_s) == (("https://node.example/KEY",), 6)
    limits = found.limits
    assert (limits.body_timeout_s, limits.max_requests, limits.max_connections) == (7, 8, 9)


def test_a_setting_that_is_there_twice_is_refused(directory: Path) -> None:
    file = directory / "gateway.toml"
    said = refused(file, "max_requests = 8\n" + file.read_text())
    assert "max_requests is there, and a [limits] as well: keep one" in said


def test_a_checkpoint_that_comes_too_late_for_the_promise_is_refused(directory: Path) -> None:
    with pytest.raises(FieldError, match="cannot keep the promise"):
        LogOptions(merge_delay_s=10, checkpoint_period_s=6)
    file = directory / "gateway.toml"
    text = file.read_text().replace("merge_delay_s = 120", "merge_delay_s = 10")
    said = refused(file, text.replace("checkpoint_period_s = 0.05", "checkpoint_period_s = 6"))
    assert "log.checkpoint_period_s = 6 cannot keep the promise of merge_delay_s = 10:" in said


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    late = Options(log=LogOptions(merge_delay_s=1e9))
    for origin, options in (("a b", Options()), ("example.org/x", late)):
        with pytest.raises(SettingsError):
            Gateway.create(tmp_path / "new", origin, options)
        assert not (tmp_path / "new").exists()


@given(st.floats(1, 86_400), st.integers(1, 10_000), st.lists(ADDRESS, max_size=3))
def test_what_is_written_is_read_again(delay: float, most: int, rpc: list[str]) -> None:
    found = Options(log=LogOptions(float(f"{delay:g}"), 0.25))
    found = replace(found, limits=replace(found.limits, max_requests=most))
    found = replace(found, chain=replace(found.chain, rpc=tuple(rpc)))
    written = gateway_settings.check("example.org/x", found)
    for section in fields(Options):
        assert getattr(written, section.name) == getattr(found, section.name)
    text = gateway_settings.to_toml(written)
    assert gateway_settings.from_toml(text) == written


def test_the_guide_shows_the_file_that_is_written() -> None:
    settings = gateway_settings.check("example.org/greenhouse", Options())
    text = gateway_settings.to_toml(settings)
    shown = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
    assert shown in GUIDE.read_text(encoding="utf-8")

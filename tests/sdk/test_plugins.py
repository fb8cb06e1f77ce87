"""Entry points are read from real distributions; one that is broken is named, and spares the others."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distributions import install
from sealmote import plugins
from sealmote.plugins import PluginError

GROUP = "sealmote.test_plugins"
Installer = Callable[[str, str, dict[str, str]], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    """Install a distribution with one module, and entry points of the group into it."""

    def into(name: str, source: str, entries: dict[str, str]) -> None:
        site, module = tmp_path / name, name.replace("-", "_")
        monkeypatch.delitem(sys.modules, module, raising=False)
        install(
            site,
            name,
            {f"{module}.py": source},
            {GROUP: {one: f"{module}:{value}" for one, value in entries.items()}},
        )
        monkeypatch.syspath_prepend(str(site))

    return into


def test_none_installed_none_found() -> None:
    assert plugins.find(GROUP) == {}


def test_what_is_declared_is_found_by_name_and_loaded_when_asked(
    installed: Installer, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    installed(
        "acme-tools",
        f"from pathlib import Path\nPath({str(mark)!r}).touch()\nanswer = 42\nother = 7\n",
        {"second": "other", "first": "answer"},
    )
    found = plugins.find(GROUP)
    assert list(found) == ["first", "second"]
    assert found["first"].packages == "acme-tools 1.0"
    assert not mark.exists(), "nothing of it runs before it is loaded"
    assert (found["first"].load(int), found["second"].load(int)) == (42, 7)
    assert mark.exists()


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import a_module_that_is_not_there\n", "ModuleNotFoundError: No module named 'a_module"),
        ("answer = 1 / 0\n", "ZeroDivisionError: division by zero, broken.py line 1"),
        ("answer = (\n", "SyntaxError"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("nothing = 1\n", "has no attribute 'answer'"),
        ("answer = 'text'\n", "broken:answer is a str, not a int"),
    ],
)
def test_a_broken_one_is_named_with_its_package_and_spares_the_others(
    installed: Installer, source: str, cause: str
) -> None:
    installed("broken", source, {"bad": "answer"})
    installed("sound", "answer = 1\n", {"good": "answer"})
    found = plugins.find(GROUP)
    assert found["good"].load(int) == 1
    with pytest.raises(PluginError) as refused:
        found["bad"].load(int)
    said = str(refused.value)
    assert cause in said
    assert f"'bad' ({GROUP}) of broken 1.0 cannot be used" in said
    assert "pip uninstall broken" in said


def test_a_name_that_two_packages_offer_belongs_to_neither(installed: Installer) -> None:
    installed("one", "answer = 1\n", {"same": "answer", "own": "answer"})
    installed("two", "answer = 2\n", {"same": "answer"})
    found = plugins.find(GROUP)
    assert found["own"].load(int) == 1
    with pytest.raises(PluginError, match=r"offered by two 1\.0, one 1\.0: keep one"):
        found["same"].load(int)

"""Commands of other packages join `sealmote`; one that is broken is named and spares the others."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from commands import SEALMOTE
from distributions import install
from guides import example
from patience import PATIENCE_S

SLOW = """
import time, typer

app = typer.Typer()

@app.callback()
def slow() -> None: ...

@app.command()
def work() -> None:
    print("working", flush=True)
    while True:
        time.sleep(0.1)
"""
TRACE = "from pathlib import Path\nPath(__file__).with_suffix('.loaded').touch()\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    weather = TRACE + example("plugins.md", "from typing import Annotated")
    files = {"acme_weather.py": weather, "acme_broken.py": "import a_module_of_nobody\n"}
    files["acme_slow.py"] = SLOW
    commands = {
        "slow": "acme_slow:app",
        "weather": "acme_weather:app",
        "broken": "acme_broken:app",
        "verify": "acme_weather:app",
    }
    return install(folder, "acme", files, {"sealmote.commands": commands}, "2.1")


def run(site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SEALMOTE), *arguments],
        env={**os.environ, "PYTHONPATH": str(site), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_plugin_joins_and_its_errors_are_told_as_any(site: Path) -> None:
    ended = run(site, "weather", "show", "Greensboro")
    assert (ended.returncode, ended.stdout) == (0, "sunny\n")
    failed = run(site, "weather", "show", "Oz")
    assert failed.returncode == 1
    assert failed.stderr == "error: no weather of Oz: ask for Greensboro\n"


def test_a_broken_plugin_is_named_with_its_package(site: Path) -> None:
    ended = run(site, "broken", "anything", "--at-all")
    assert ended.returncode == 1
    assert "the plugin 'broken' (sealmote.commands) of acme 2.1 cannot be used" in ended.stderr
    assert "No module named 'a_module_of_nobody'" in ended.stderr
    assert "pip uninstall acme" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_work_that_is_interrupted_is_not_done(site: Path) -> None:
    with subprocess.Popen(
        [str(SEALMOTE), "slow", "work"],
        env={**os.environ, "PYTHONPATH": str(site)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130
        finally:
            process.kill()


def test_the_help_has_them_all_and_a_plugin_takes_no_commands_place(site: Path) -> None:
    ended = run(site, "--help")
    assert ended.returncode == 0
    rows = {line[1:].split()[0]: line for line in ended.stdout.splitlines() if line[1:].split()}
    assert "Weather of the Acme company." in rows["weather"]
    assert "Not usable." in rows["broken"]
    assert "acme" not in rows["verify"]
    assert "left out: 'verify' of acme 2.1" in ended.stderr


def test_a_command_of_sealmotes_own_loads_no_plugin(site: Path) -> None:
    mark = site / "acme_weather.loaded"
    mark.unlink(missing_ok=True)
    assert run(site, "verify", "--help").returncode == 0
    assert not mark.exists()

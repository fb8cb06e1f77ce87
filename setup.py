"""Packs the board's firmware into the wheel, from where it lies in the repository."""

from pathlib import Path
from shutil import copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py

FIRMWARE = Path(__file__).parent / "firmware"


class BuildWithFirmware(build_py):
    """Puts boot.py, main.py and mote/ into sealmote/_firmware; sealwire is a package of its own."""

    def run(self) -> None:
        """Build as usual, then add the firmware; an editable install finds it in the checkout."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "sealmote" / "_firmware"
            leave = ignore_patterns("sealwire", "__pycache__")
            copytree(FIRMWARE, target, ignore=leave, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFirmware})

"""Small distributions as pip leaves them in a folder: their files, and a dist-info with entry points."""

from collections.abc import Mapping
from pathlib import Path


def install(
    site: Path,
    name: str,
    files: Mapping[str, str],
    entry_points: Mapping[str, Mapping[str, str]],
    version: str = "1.0",
) -> Path:
    """Install a distribution into a folder that is, or will be, on the path; return the folder.

    files: content by path · entry_points: values by name, by group.
    """
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(content)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, values in entry_points.items()
        for line in (f"[{group}]", *(f"{one} = {value}" for one, value in values.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site

"""Cut the weather that simulated boards measure out of a TMY3 file.

    python tools/weather_slice.py pvlib-0.16.1-py3-none-any.whl

The wheel comes from PyPI (`pip download --no-deps pvlib==0.16.1`); the file in it is NREL's TMY3
(National Solar Radiation Data Base, 1991-2005 update; user's manual NREL/TP-581-43156) of station
723170, Greensboro, North Carolina. Kept: four weeks of April, hourly dry-bulb temperature, relative
humidity and station pressure. Writes host_sdk/sealmote/sim/data/greensboro_april.csv.
"""

import argparse
import csv
import io
import zipfile
from pathlib import Path

SOURCE = "pvlib/data/723170TYA.CSV"
TARGET = Path(__file__).parents[1] / "host_sdk/sealmote/sim/data/greensboro_april.csv"
MONTH = "04"
HOURS = 4 * 7 * 24
COLUMNS = {
    "temperature_c": "Dry-bulb (C)",
    "humidity_percent": "RHum (%)",
    "pressure_hpa": "Pressure (mbar)",
}


def rows(wheel: Path) -> list[dict[str, str]]:
    """Slice, hour by hour."""
    text = zipfile.ZipFile(wheel).read(SOURCE).decode("ascii")
    lines = text.removeprefix("<code>\n").splitlines()
    table = csv.DictReader(lines[1:])  # the first line describes the station
    month = [row for row in table if row["Date (MM/DD/YYYY)"].startswith(MONTH + "/")]
    return [{name: row[column] for name, column in COLUMNS.items()} for row in month[:HOURS]]


def as_csv(found: list[dict[str, str]]) -> str:
    """Slice as the simulator reads it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def main() -> None:
    """Read the command line, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path, help="pvlib's wheel")
    found = rows(parser.parse_args().wheel)
    if len(found) != HOURS:
        raise SystemExit(f"{SOURCE} has {len(found)} hours of month {MONTH}, not {HOURS}")
    TARGET.write_text(as_csv(found), encoding="ascii")
    print(f"{TARGET}: {len(found)} hours")


if __name__ == "__main__":
    main()

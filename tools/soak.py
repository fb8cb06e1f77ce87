"""Weeks of a board's life in minutes, beside a real gateway, and the account of every number.

    python tools/soak.py --days 30 --boards 1 --json
    python tools/soak.py --storm --boards 200 --json

Boards take a reading a minute on a virtual clock. Once a week the gateway is down for half a day,
longer than their outbox lasts, and every day their power fails in the middle of a flash operation.
In the end every number that they used has to stand in the gateway's log or be named as dropped in a
signed statement that does.

With --storm the boards live for an hour, and the gateway is down for ten minutes of it: counted is how
many of them come back in the same second. docs/campaigns.md says more.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.campaign import longrun


def main() -> int:
    """Return 0 if what has to hold held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=1.0, help="of each board's life")
    parser.add_argument("--boards", type=int, default=1, help="how many at once")
    parser.add_argument("--storm", action="store_true", help="one outage that all come back from")
    parser.add_argument("--firmware", type=Path, help="its folder, instead of this checkout's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.days <= 0 or options.boards < 1:
        parser.error("some days and one board at least")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        if options.storm:
            found: longrun.Result = asyncio.run(
                longrun.storm(Path(folder), options.boards, firmware=options.firmware)
            )
        else:
            run = longrun.soak(
                Path(folder), options.boards, options.days, firmware=options.firmware
            )
            found = asyncio.run(run)
    if options.json:
        print(json.dumps(vars(found)))
    else:
        print("\n".join(f"{name}: {value}" for name, value in vars(found).items()))
    return 0 if found.sound else 1


if __name__ == "__main__":
    sys.exit(main())

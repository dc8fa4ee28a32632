"""Generate a half-hourly series with daily and weekly seasons and a few planted anomalies.

Writes `nyc_taxi.csv` and `combined_windows.json` in the format of the Numenta Anomaly Benchmark. Python's
standard library is all it needs: `python sample.py --output <folder>`.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import datetime, timedelta
from math import cos, pi
from pathlib import Path

from library.arguments import of_sample

FILE_NAME = "nyc_taxi.csv"
WINDOWS_FILE_NAME = "combined_windows.json"
KEY = "realKnownCause/nyc_taxi.csv"
START = datetime(2014, 7, 1)  # noqa: DTZ001 - the benchmark's times have no zone
STEP = timedelta(minutes=30)
DAY, WEEK = 48, 336
DEFAULT_WEEKS, MINIMUM_WEEKS = 24, 16
DEFAULT_SEED = 1
QUIET_WEEKS = 10
"""No anomaly before these are over: residuals look back eight weeks."""
ANOMALIES = ((0.45, 20), (0.3, 30), (1.9, 12), (0.2, 40), (1.7, 16))
"""By how much the values are multiplied, and for how many half-hours."""
ROUND_AN_ANOMALY = DAY
"""How many half-hours a window is longer than its anomaly, at both sides."""


def generate(weeks: int, seed: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the values and the first and last place of each window; the same arguments give the same."""
    draw = random.Random(seed)  # noqa: S311 - reproducible sample data, nothing secret
    values = [_expected(place) * (1 + draw.gauss(0, 0.04)) for place in range(weeks * WEEK)]
    room = (weeks - QUIET_WEEKS) * WEEK // len(ANOMALIES)
    windows = []
    for number, (factor, length) in enumerate(ANOMALIES):
        # At daytime, when there is traffic to multiply, and a day or more from the room's ends.
        day = draw.randrange(2, room // DAY - 2)
        first = (QUIET_WEEKS * WEEK + number * room) // DAY * DAY + day * DAY + 16
        for place in range(first, first + length):
            values[place] *= factor
        windows.append((first - ROUND_AN_ANOMALY, first + length + ROUND_AN_ANOMALY))
    return [round(max(value, 0)) for value in values], windows


def _expected(place: int) -> float:
    daily = 1 - 0.7 * cos(2 * pi * (place % DAY - 8) / DAY)
    weekly = 0.85 if place % WEEK // DAY in (4, 5) else 1.0  # the first of July 2014 was a Tuesday
    return 12_000 * daily * weekly


def write(folder: Path, weeks: int, seed: int) -> Path:
    """Write both files into `folder`, which is made if missing; return the series' path."""
    folder.mkdir(parents=True, exist_ok=True)
    values, windows = generate(weeks, seed)
    lines = [f"{START + place * STEP},{value}\n" for place, value in enumerate(values)]
    path = folder / FILE_NAME
    path.write_bytes(("timestamp,value\n" + "".join(lines)).encode())
    times = [[f"{START + place * STEP}.000000" for place in window] for window in windows]
    (folder / WINDOWS_FILE_NAME).write_bytes((json.dumps({KEY: times}, indent=1) + "\n").encode())
    return path


def _weeks(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < MINIMUM_WEEKS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {MINIMUM_WEEKS}")
    return int(text)


def main() -> None:
    """Run from the command line."""
    parser = of_sample("Generate a sample series with planted anomalies.", DEFAULT_SEED)
    parser.add_argument("--weeks", type=_weeks, default=DEFAULT_WEEKS, help="default: %(default)s")
    arguments = parser.parse_args()
    print(write(arguments.output, arguments.weeks, arguments.seed))


if __name__ == "__main__":
    main()

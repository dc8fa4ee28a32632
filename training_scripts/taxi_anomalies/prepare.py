"""Check the taxi series and turn it into the records that the random cut forest is grown from.

Reads `nyc_taxi.csv` and `combined_windows.json` from the raw data folder. Writes `train/train.csv` (the
records, no label: nothing is learned from the windows), `test/test.csv` (the same records, the time of the
scored point first) and `encoder/encoder.json` into the output folder. A fault in the data ends the job with
exit code 1 and one line on standard error that says where the fault is and what is allowed there.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from library.arguments import of_preparation, positive
from library.faults import Faults, InvalidDataError
from library.nab import Series, Window, read_series, read_windows
from library.preparation import run
from library.shingles import RESIDUALS, Shingling, csv_line

SERIES_FILE_NAME = "nyc_taxi.csv"
WINDOWS_FILE_NAME = "combined_windows.json"
WINDOWS_KEY = "realKnownCause/nyc_taxi.csv"
MINIMUM_RECORDS = 100
KEY = "timestamp"


def prepare(arguments: argparse.Namespace) -> str:
    """Write the records and what their makers and readers must know; return what was done, in words."""
    shingling = Shingling(arguments.residual, arguments.weeks, arguments.shingle)
    series = read_series(arguments.raw, SERIES_FILE_NAME)
    windows = read_windows(arguments.raw, WINDOWS_FILE_NAME, WINDOWS_KEY)
    check(series, windows, shingling)
    records = write(arguments.output, series, windows, shingling)
    return f"{records} records of {shingling.shingle} residuals, {len(windows)} labelled windows"


def check(series: Series, windows: list[Window], shingling: Shingling) -> None:
    """Raise InvalidDataError if too few points can be scored, or none of some window, or all are equal."""
    least = shingling.first + MINIMUM_RECORDS
    if len(series.values) < least:
        rows = "1 data row" if len(series.values) == 1 else f"{len(series.values)} data rows"
        raise InvalidDataError(
            f"{SERIES_FILE_NAME} has {rows}, {least} are the least allowed with residual "
            f"{shingling.residual}, {shingling.weeks} weeks and shingle {shingling.shingle}"
        )
    if min(series.values) == max(series.values):
        raise InvalidDataError(
            f"{SERIES_FILE_NAME}, column value: every row holds {series.values[0]:.12g}, "
            "a column must hold at least two different values"
        )
    scored = [series.time(place) for place in range(shingling.first, len(series.values))]
    faults = Faults(WINDOWS_FILE_NAME)
    for number, (start, end) in enumerate(windows, start=1):
        if not any(start <= time <= end for time in scored):
            faults.add(
                f"window {number}: no point from {start} to {end} is scored, those from {scored[0]} to "
                f"{scored[-1]} are"
            )
    faults.raise_if_any()


def write(output: Path, series: Series, windows: list[Window], shingling: Shingling) -> int:
    """Write the records and what their makers and readers must know; return how many there are."""
    lines = [csv_line(record) for record in shingling.records(series.values)]
    keys = (series.time(shingling.first + place).isoformat() for place in range(len(lines)))
    _write(output / "train" / "train.csv", "".join(f"{line}\n" for line in lines))
    _write(output / "test" / "test.csv", "".join(f"{key},{line}\n" for key, line in zip(keys, lines)))
    encoder = {
        "columns": [KEY, *shingling.columns],
        "shingling": asdict(shingling),
        "windows": [[start.isoformat(), end.isoformat()] for start, end in windows],
        "series": {"start": series.start.isoformat(), "values": series.values},
    }
    _write(output / "encoder" / "encoder.json", json.dumps(encoder) + "\n")
    return len(lines)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("ascii"))


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = of_preparation(
        "Check the series and make the forest's records of it.", (SERIES_FILE_NAME, WINDOWS_FILE_NAME)
    )
    parser.add_argument(
        "--residual", choices=RESIDUALS, default=Shingling.residual, help="default: %(default)s"
    )
    parser.add_argument("--weeks", type=positive, default=Shingling.weeks, help="default: %(default)s")
    parser.add_argument("--shingle", type=positive, default=Shingling.shingle, help="default: %(default)s")
    arguments = parser.parse_args()
    return run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())

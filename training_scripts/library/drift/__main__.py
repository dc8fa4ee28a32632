"""Compare an endpoint's captured requests with its model's test set, as a processing job.

`python3 -m library.drift` reads the captured files, `test.csv` and `encoder.json`, and writes `drift.json`
into the output folder. A fault in the files ends the job with exit code 1 and one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from library.arguments import fraction, positive
from library.drift.comparison import Limits, compare, in_words
from library.drift.records import read_baseline, read_captured
from library.encoding import FILE_NAME
from library.result_files import InvalidResultsError

RESULT = "drift.json"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    arguments = _parser().parse_args()
    columns = json.loads((arguments.encoder / FILE_NAME).read_text(encoding="utf-8"))["columns"][1:]
    try:
        baseline = read_baseline(arguments.test, len(columns))
    except InvalidResultsError as error:
        print(error, file=sys.stderr)
        return 1
    captured = read_captured(arguments.captured, len(columns))
    limits = Limits(arguments.largest_distance, arguments.minimum_records)
    found = compare(columns, baseline, captured, limits)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / RESULT).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(in_words(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="library.drift", description="Compare captured requests with a test set."
    )
    for name in ("captured", "test", "encoder", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--largest-distance", type=fraction, required=True)
    parser.add_argument("--minimum-records", type=positive, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Flag the points whose score is far from the others', and measure the flags against the labelled windows.

Reads `test.csv` (the time first), `test.csv.out` (a line a record, `{"score": 0.9}`) and `encoder.json`.
The cutoff is the mean of the scores of the training data plus three standard deviations: the test records
are those the forest was grown from. Writes into the output folder:

- `evaluation.json`: the group `anomaly_detection_metrics`; without labelled windows it only says how much is
  flagged;
- `sample.json`: the first record and its answer, for trying a new endpoint;
- `serving.json`: what `inference.py` needs: how records are made, and the cutoff;
- `report.html`: the series with its flagged points and windows, and the scores.

A fault in the files ends the job with exit code 1 and one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from library.anomaly_metrics import Span, nab_score, share_in_windows, windows_hit
from library.report.page import Page
from library.report.tables import figure, paragraph, table
from library.report.time_series import time_series
from library.result_files import (
    PREDICTIONS_FILE_NAME,
    TEST_FILE_NAME,
    InvalidResultsError,
    check_counts,
    lines,
    sample,
)

CONTENT_TYPE = "text/csv"
ACCEPT = "application/jsonlines"
DEVIATIONS = 3


def read_scores(path: Path) -> list[float]:
    """Return the score of each record."""
    return [_score(path, number, line) for number, line in lines(path)]


def _score(path: Path, number: int, line: str) -> float:
    try:
        return float(json.loads(line)["score"])
    except (KeyError, TypeError, ValueError):
        raise InvalidResultsError(
            f'{path.name}, line {number}: {line[:80]!r} is not a JSON object like {{"score": 0.9}}'
        ) from None


def read_times(path: Path) -> list[datetime]:
    """Return the time of each record."""
    return [datetime.fromisoformat(line.split(",", 1)[0]) for _, line in lines(path)]


def cutoff_of(scores: list[float]) -> float:
    """Return the score above which a point is flagged."""
    return float(np.mean(scores) + DEVIATIONS * np.std(scores))


def spans_of(windows: list[list[str]], times: list[datetime]) -> list[Span]:
    """Return the places of the records that each window holds."""
    spans = []
    for first, last in windows:
        start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
        places = [place for place, time in enumerate(times) if start <= time <= end]
        spans.append(Span(places[0], places[-1]))
    return spans


def metrics_of(scores: list[float], flagged: list[int], windows: list[Span]) -> dict[str, float]:
    """Return the metrics; those of the windows only where there are any."""
    found = {
        "flagged_points": len(flagged),
        "flagged_share": len(flagged) / len(scores),
        "cutoff": cutoff_of(scores),
        "mean_score": float(np.mean(scores)),
    }
    if windows:
        hit = windows_hit(flagged, windows)
        found |= {
            "windows": len(windows),
            "windows_hit": hit,
            "windows_hit_share": hit / len(windows),
            "flagged_share_in_windows": share_in_windows(flagged, windows),
            "nab_score": nab_score(flagged, windows),
        }
    return found


def report(
    metrics: dict[str, float],
    encoder: dict[str, Any],
    times: list[datetime],
    scores: list[float],
    flagged: list[int],
    windows: list[Span],
) -> Page:
    """Return the page that shows what was flagged."""
    seconds = [time.replace(tzinfo=timezone.utc).timestamp() for time in times]
    shaded = [(seconds[window.first], seconds[window.last]) for window in windows]
    values = encoder["series"]["values"][-len(times) :]
    page = Page("Taxi anomalies", f"{times[0]} to {times[-1]}, {len(times)} half-hours scored")
    page.section("Measured", table(("Metric", "Value"), list(metrics.items())))
    page.section(
        "The series",
        figure(
            time_series("Series", seconds, values, value_title="Passengers", flagged=flagged, windows=shaded),
            "Flagged points in red, labelled windows shaded.",
        ),
        figure(
            time_series(
                "Scores",
                seconds,
                scores,
                value_title="Anomaly score",
                windows=shaded,
                limit=("Cutoff", metrics["cutoff"]),
            ),
            "A point is flagged where its score is above the cutoff: mean and three standard deviations.",
        ),
    )
    page.section("Windows", *_windows(times, flagged, windows))
    shingling = table(("Setting", "Value"), list(encoder["shingling"].items()))
    page.section("Preparation", paragraph("How a point becomes a record:"), shingling)
    return page


def _windows(times: list[datetime], flagged: list[int], windows: list[Span]) -> list[Any]:
    rows = [
        (str(times[window.first]), str(times[window.last]), sum(window.holds(place) for place in flagged))
        for window in windows
    ]
    return [table(("From", "To", "Points flagged"), rows)] if rows else []


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = argparse.ArgumentParser(description="Flag points and measure the flags against the windows.")
    for name in ("test", "predictions", "encoder", "run", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    test, predictions = arguments.test / TEST_FILE_NAME, arguments.predictions / PREDICTIONS_FILE_NAME
    try:
        times, scores = read_times(test), read_scores(predictions)
        check_counts(len(times), len(scores))
    except InvalidResultsError as error:
        print(error, file=sys.stderr)
        return 1
    encoder = json.loads((arguments.encoder / "encoder.json").read_text(encoding="utf-8"))
    windows = spans_of(encoder["windows"], times)
    cutoff = cutoff_of(scores)
    flagged = [place for place, score in enumerate(scores) if score > cutoff]
    metrics = metrics_of(scores, flagged, windows)
    group = {name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()}
    output = arguments.output
    _write(output / "evaluation.json", {"anomaly_detection_metrics": group})
    _write(output / "sample.json", sample(test, predictions, content_type=CONTENT_TYPE, accept=ACCEPT))
    _write(output / "serving.json", {**{k: encoder[k] for k in ("columns", "shingling")}, "cutoff": cutoff})
    report(metrics, encoder, times, scores, flagged, windows).write(output / "report.html")
    print(f"{len(times)} points, {len(flagged)} flagged, cutoff {cutoff:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

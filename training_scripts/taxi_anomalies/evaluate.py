"""Flag the points whose score is far from the others', and measure the flags against the labelled windows.

Reads `test.csv` (the time first), `test.csv.out` (a line a record, `{"score": 0.9}`) and `encoder.json`.
The cutoff is the mean of the scores of the training data plus three standard deviations: the test records
are those the forest was grown from. The metrics are the group `anomaly_detection_metrics`; without labelled
windows they only say how much is flagged. See `library/evaluation.py` for the files that are written.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from library import evaluation
from library.anomaly_metrics import Span, nab_score, share_in_windows, windows_hit
from library.evaluation import Evaluation
from library.report.comparison import comparison
from library.report.page import Page
from library.report.run_sections import add_run, run_title
from library.report.tables import figure, paragraph, table
from library.report.time_series import time_series
from library.result_files import InvalidResultsError, check_counts, lines, objects

ACCEPT = "application/jsonlines"
EXAMPLE = '{"score": 0.9}'
DEVIATIONS = 3
GROUP = "anomaly_detection_metrics"
HEADLINES = {
    "windows_hit_share": "Share of the windows hit",
    "windows_hit": "Windows hit",
    "windows": "Labelled windows",
    "flagged_share_in_windows": "Share of flags in windows",
    "nab_score": "Score as NAB's, of 100",
    "flagged_points": "Flagged points",
    "flagged_share": "Share of all points flagged",
    "cutoff": "Cutoff",
    "mean_score": "Mean score",
}


def read_scores(path: Path) -> list[float]:
    """Return the score of each record."""
    return [_score(path, number, answer["score"]) for number, answer in objects(path, "score", EXAMPLE)]


def _score(path: Path, number: int, score: object) -> float:
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not isfinite(score):
        raise InvalidResultsError(f"{path.name}, line {number}: score {score!r} is not a number")
    return float(score)


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
    metrics: dict[str, dict[str, Any]],
    job: Evaluation,
    times: list[datetime],
    scores: list[float],
    flagged: list[int],
    windows: list[Span],
) -> Page:
    """Return the page that shows what was flagged."""
    seconds = [time.replace(tzinfo=timezone.utc).timestamp() for time in times]
    shaded = [(seconds[window.first], seconds[window.last]) for window in windows]
    values = job.encoder["series"]["values"][-len(times) :]
    page = Page("Taxi anomalies", run_title(job.run))
    names = {name: title for name, title in HEADLINES.items() if name in metrics[GROUP]}
    page.section("Metrics", *comparison(metrics, job.run.previous, GROUP, names))
    page.section(
        "The series",
        paragraph(f"{times[0]} to {times[-1]}, {len(times):,} half-hours scored."),
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
                limit=("Cutoff", metrics[GROUP]["cutoff"]["value"]),
            ),
            "A point is flagged where its score is above the cutoff: mean and three standard deviations.",
        ),
    )
    page.section("Windows", *_windows(times, flagged, windows))
    shingling = table(("Setting", "Value"), list(job.encoder["shingling"].items()))
    page.section("Preparation", paragraph("How a point becomes a record:"), shingling)
    add_run(page, job.run)
    return page


def _windows(times: list[datetime], flagged: list[int], windows: list[Span]) -> list[Any]:
    rows = [
        (str(times[window.first]), str(times[window.last]), sum(window.holds(place) for place in flagged))
        for window in windows
    ]
    return [table(("From", "To", "Points flagged"), rows)] if rows else []


def evaluate(job: Evaluation) -> str:
    """Write the four files; return what was found, in words."""
    times, scores = read_times(job.test), read_scores(job.predictions)
    check_counts(len(times), len(scores))
    windows = spans_of(job.encoder["windows"], times)
    cutoff = cutoff_of(scores)
    flagged = [place for place, score in enumerate(scores) if score > cutoff]
    values = metrics_of(scores, flagged, windows)
    metrics = {GROUP: {name: {"value": value, "standard_deviation": "NaN"} for name, value in values.items()}}
    serving = {**{key: job.encoder[key] for key in ("columns", "shingling")}, "cutoff": cutoff}
    job.write(metrics, serving, report(metrics, job, times, scores, flagged, windows), accept=ACCEPT)
    return f"{len(times)} points, {len(flagged)} flagged, cutoff {cutoff:.4f}"


if __name__ == "__main__":
    sys.exit(evaluation.run(evaluate))

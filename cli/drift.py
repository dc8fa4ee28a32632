"""`drift`: what an endpoint was asked, compared with what its model was tested on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from settings.workload import Workload

_WINDOWS: Final = {"hour": "%Y/%m/%d/%H", "day": "%Y/%m/%d"}
_NOTHING: Final = {
    "NothingServes": "nothing serves, so there is no model to compare with",
    "NothingCaptured": "the endpoint was asked nothing that is captured",
}
_FIGURES: Final = ("mean", "median", "missing")


@dataclass(frozen=True)
class Comparison:
    """A comparison's outcome and, where there was something to compare, its drift.json."""

    workload: str
    outcome: str
    window: str
    drift_uri: str | None
    drift: Mapping[str, Any] | None

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "workload": self.workload,
            "outcome": self.outcome,
            "window": self.window,
            "drift_uri": self.drift_uri,
            "drift": self.drift,
        }


def start(platform: Platform, workload: Workload, window: str | None) -> str:
    """Start the comparison of a day or an hour in UTC, or of the one that goes on now; returns its ARN.

    Raises:
        OperatorError: the workload's endpoint isn't watched here.
    """
    if workload.monitoring is None:
        raise OperatorError(
            f"Nothing watches {workload.name} in {platform.environment.name}: give it a monitoring, in its "
            f"workload.yaml or in settings/{platform.environment.name}.yaml, and deploy."
        )
    now = datetime.now(UTC).strftime(_WINDOWS[workload.monitoring.every])
    answer = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.monitoring_state_machine(workload),
        input=json.dumps({"window": window or now}),
    )
    return str(answer["executionArn"])


def run_to_end(platform: Platform, workload: Workload, arn: str, follower: Follower) -> Comparison:
    """Follow the comparison to its end and read what it found; raises OperatorError if it failed."""
    what = f"Comparing requests to {workload.name}"
    output = follower.follow_to_success(arn, f"{workload.name} monitoring", what).output
    uri = output.get("drift_uri")
    drift = None if uri is None else _read(platform, uri)
    return Comparison(workload.name, output["outcome"], output["window"], uri, drift)


def _read(platform: Platform, uri: str) -> Mapping[str, Any]:
    location = urlsplit(uri)
    stored = platform.client("s3").get_object(Bucket=location.netloc, Key=location.path.lstrip("/"))
    drift: Mapping[str, Any] = json.loads(stored["Body"].read())
    return drift


def render(comparison: Comparison) -> RenderableType:
    """The comparison for people."""
    title = f"{comparison.workload}, requests of {comparison.window} (UTC): "
    drift = comparison.drift
    if drift is None:
        return Text(title + _NOTHING[comparison.outcome])
    records = f"{drift['records']} records"
    if drift["unreadable_records"]:
        records += f" and {drift['unreadable_records']} that can't be read"
    if drift["records"] < drift["minimum_records"]:
        records += f", fewer than the {drift['minimum_records']} that can tell of drift"
    found = f"{len(drift['drifted'])} of {len(drift['features'])} features have drifted"
    limit = max(drift["largest_distance"], drift["distance_by_chance"])
    return Group(
        Text(f"{title}{records}; {found}", style="bold"),
        _features(drift),
        Text(
            f"A feature has drifted from a distance of {limit:.3f} (settings {drift['largest_distance']:g}, "
            f"by chance {drift['distance_by_chance']:.3f}). {comparison.drift_uri}"
        ),
    )


def _features(drift: Mapping[str, Any]) -> Table:
    columns = [f"{figure} {of}" for figure in _FIGURES for of in ("tested", "asked")]
    table = Table(
        "feature", Column("distance", justify="right"), *(Column(c, justify="right") for c in columns)
    )
    for feature in drift["features"]:
        figures = [feature[of][figure] for figure in _FIGURES for of in ("baseline", "captured")]
        drifted = feature["name"] in drift["drifted"]
        table.add_row(
            feature["name"],
            f"{feature['distance']:.3f}{' drifted' if drifted else ''}",
            *("-" if figure is None else f"{figure:.4g}" for figure in figures),
            style="red" if drifted else "",
        )
    return table

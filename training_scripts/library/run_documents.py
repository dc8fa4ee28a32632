"""What a run has left of itself before its evaluation: settings, checksums, jobs' metrics, reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT_FOLDER = "evaluation"
_FROM_REPORT_TO_RUN = ".."


@dataclass(frozen=True)
class BiasMetric:
    """What Clarify measured for one facet of the data: by the labels, or by the predictions too."""

    name: str
    facet: str
    stage: str
    description: str
    value: float | None


class RunDocuments:
    """Reads the run's folder; a document that isn't there is an empty object."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.settings = self._document("settings.json")
        self.data = self._document("data.json")
        self.training = self._document("training.json")
        self.tuning = self._document("tuning.json")
        self.previous = self._document("previous/evaluation.json")
        self._analysis = self._document("clarify/analysis.json")

    def bias(self) -> Iterator[BiasMetric]:
        """Yield Clarify's bias metrics of every facet.

        A facet is named by its column alone, unless several of its values were looked at.
        """
        for stage in ("pre_training", "post_training"):
            facets = self._analysis.get(f"{stage}_bias_metrics", {}).get("facets", {})
            for column, values in facets.items():
                for found in values:
                    facet = column if len(values) == 1 else f"{column}_{found['value_or_threshold']}"
                    for metric in found["metrics"]:
                        yield BiasMetric(
                            metric["name"], facet, stage, metric.get("description", ""), metric.get("value")
                        )

    def importance(self) -> dict[str, float]:
        """Return Clarify's mean absolute SHAP value of each feature, the largest first."""
        labels = self._analysis.get("explanations", {}).get("kernel_shap", {})
        found = [label["global_shap_values"] for label in labels.values()]
        return dict(sorted(found[0].items(), key=lambda item: (-item[1], item[0]))) if found else {}

    def links(self, pattern: str) -> dict[str, str]:
        """Return the files of that pattern: each one's path in the run, and its address from the report."""
        if self._folder is None:
            return {}
        names = sorted(path.relative_to(self._folder).as_posix() for path in self._folder.glob(pattern))
        return {name: f"{_FROM_REPORT_TO_RUN}/{name}" for name in names}

    def _document(self, name: str) -> dict[str, Any]:
        path = self._folder / name if self._folder else None
        if path is None or not path.is_file():
            return {}
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document


def bias_metrics(run: RunDocuments) -> dict[str, dict[str, object]]:
    """Return the group of an evaluation with Clarify's bias metrics, or no group without an analysis."""
    metrics: dict[str, object] = {
        f"{metric.name}_{metric.facet}": {"value": metric.value}
        for metric in run.bias()
        if metric.value is not None
    }
    return {"bias_metrics": metrics} if metrics else {}

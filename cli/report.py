"""`report`: what an accepted run measured, with which settings, on which data, and its artifacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from cli.artifacts import Document, RunArtifacts
from cli.console import moment
from cli.platform import Platform
from cli.registry import ModelPackage
from settings.workload import Workload

_TUNING: Final = "tuning.json"


@dataclass(frozen=True)
class Report:
    """An accepted run, read from what it left in the artifacts bucket."""

    workload: str
    package: ModelPackage
    evaluation: Document
    settings: Document
    data: Document
    artifacts: tuple[str, ...]
    tuning: Document | None = None

    def metric(self, group: str, name: str) -> float:
        """The value of one metric of the evaluation."""
        return float(self.evaluation[group][name]["value"])

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "workload": self.workload,
            "run": self.package.run,
            "model_package_arn": self.package.arn,
            "version": self.package.version,
            "approval": self.package.approval,
            "created": self.package.created,
            "metrics": self.evaluation,
            "settings": self.settings,
            "data": self.data,
            "tuning": self.tuning,
            "artifacts": list(self.artifacts),
        }


def read(platform: Platform, workload: Workload, package: ModelPackage) -> Report:
    """Read the report of the run that registered `package`.

    Raises:
        OperatorError: the run's documents are gone.
    """
    artifacts, lacking = RunArtifacts(platform, package), _lacking(workload)
    names = artifacts.names()
    return Report(
        workload=workload.name,
        package=package,
        evaluation=artifacts.document("evaluation/evaluation.json", lacking=lacking),
        settings=artifacts.document("settings.json", lacking=lacking),
        data=artifacts.document("data.json", lacking=lacking),
        artifacts=tuple(f"{package.artifacts_uri}{name}" for name in names),
        tuning=artifacts.document(_TUNING, lacking=lacking) if _TUNING in names else None,
    )


def read_html(platform: Platform, workload: Workload, package: ModelPackage) -> bytes:
    """The page that the run's evaluation wrote; raises as `read` does."""
    return RunArtifacts(platform, package).read("evaluation/report.html", lacking=_lacking(workload))


def _lacking(workload: Workload) -> str:
    return f"of {workload.name} has no report: choose another with `workload:version`."


def render(report: Report) -> RenderableType:
    """The report for people."""
    package = report.package
    title = (
        f"{report.workload}, version {package.version} ({package.approval}), run {package.run}, "
        f"{moment(package.created)}"
    )
    parts: list[RenderableType] = [Text(title, style="bold"), _metrics(report.evaluation)]
    parts += [
        _confusion(metrics["confusion_matrix"])
        for metrics in report.evaluation.values()
        if "confusion_matrix" in metrics
    ]
    if report.tuning is not None:
        parts.append(_tuning(report.tuning))
    parts += [_settings(report.settings), _data(report.data)]
    parts.append(Text(f"artifacts in {package.artifacts_uri}"))
    parts += [Text(f"  {uri.removeprefix(package.artifacts_uri)}") for uri in report.artifacts]
    return Group(*parts)


def _metrics(evaluation: Document) -> Table:
    table = Table("metric", "value")
    for group in evaluation.values():
        for name, metric in group.items():
            if isinstance(metric, Mapping) and isinstance(metric.get("value"), int | float):
                table.add_row(name, f"{metric['value']:.4f}")
    return table


def _confusion(matrix: Mapping[str, Mapping[str, float]]) -> Table:
    """For each class: how many there were, how many were recognized, what the others were taken for."""
    table = Table("class", "count", "recognized", "taken for most often")
    for label, answers in matrix.items():
        count = sum(answers.values())
        right = answers.get(label, 0)
        wrong = {other: number for other, number in answers.items() if other != label and number}
        most = max(wrong, key=lambda other: wrong[other], default=None)
        share = f"{right / count:.1%}" if count else "-"
        table.add_row(label, f"{count:g}", share, f"{most} ({wrong[most]:g})" if most is not None else "-")
    return table


def _tuning(tuning: Document) -> Table:
    """The training jobs of the search, in the order they were ranked."""
    objective = tuning["objective"]
    title = f"{tuning['strategy']} search, {objective['goal'].lower()} {objective['metric']}"
    table = Table(
        "tuning job", "status", objective["metric"], Column("hyperparameters", overflow="fold"), title=title
    )
    for job in tuning["jobs"]:
        measured = job.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
        tuned = (f"{name}={value}" for name, value in sorted(job.get("TunedHyperParameters", {}).items()))
        best = " (best)" if job["TrainingJobName"] == tuning.get("best_training_job") else ""
        table.add_row(
            f"{job['TrainingJobName']}{best}",
            job["TrainingJobStatus"],
            "-" if measured is None else f"{measured:.5f}",
            ", ".join(tuned),
        )
    return table


def _data(data: Document) -> Table:
    table = Table("data file", Column("bytes", justify="right"), Column("SHA-256", overflow="fold"))
    for file in data.get("files", []):
        table.add_row(file["name"], f"{file['bytes']:,}", file["sha256"])
    return table


def _settings(settings: Document) -> Table:
    table = Table("setting", Column("value", overflow="fold"))
    for name, value in _flatten(settings).items():
        table.add_row(name, str(value))
    return table


def _flatten(document: object, path: str = "") -> dict[str, object]:
    """{"a": {"b": 1}} becomes {"a.b": 1}; lists are numbered the same way."""
    if isinstance(document, Mapping):
        items = list(document.items())
    elif isinstance(document, list):
        items = list(enumerate(document))
    else:
        return {path: document}
    flat: dict[str, object] = {}
    for key, value in items:
        flat |= _flatten(value, f"{path}.{key}" if path else str(key))
    return flat

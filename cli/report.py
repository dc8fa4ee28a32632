"""`report`: what an accepted run measured, with which settings, on which data, and its artifacts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from cli.console import moment
from cli.errors import OperatorError
from cli.platform import Platform
from cli.registry import ModelPackage
from settings.workload import Workload

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """An accepted run, read from what it left in the artifacts bucket."""

    workload: str
    package: ModelPackage
    evaluation: Document
    settings: Document
    data: Document
    artifacts: tuple[str, ...]

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
            "artifacts": list(self.artifacts),
        }


def read(platform: Platform, workload: Workload, package: ModelPackage) -> Report:
    """Read the report of the run that registered `package`.

    Raises:
        OperatorError: the run's documents are gone.
    """
    location = urlsplit(package.artifacts_uri)
    bucket, prefix = location.netloc, location.path.lstrip("/")
    s3 = platform.client("s3")

    def document(name: str) -> Document:
        try:
            content: Document = json.loads(s3.get_object(Bucket=bucket, Key=prefix + name)["Body"].read())
        except s3.exceptions.NoSuchKey as error:
            raise OperatorError(
                f"{package.artifacts_uri}{name} is gone, so version {package.version} of {workload.name} "
                "has no report: choose another with `workload:version`."
            ) from error
        return content

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return Report(
        workload=workload.name,
        package=package,
        evaluation=document("evaluation/evaluation.json"),
        settings=document("settings.json"),
        data=document("data.json"),
        artifacts=tuple(f"s3://{bucket}/{key}" for key in keys),
    )


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

"""The sections that every run's report has: how the model was made, what from, and what else was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from library.report import bars
from library.report.page import Page
from library.report.tables import Markup, figure, link, paragraph, table
from library.run_documents import BiasMetric, RunDocuments

_FEATURES_DRAWN = 20
_STAGES = {"pre_training": "labels", "post_training": "predictions"}


def run_title(run: RunDocuments) -> str:
    """Return which run it was, in words."""
    return f"Run {run.settings['run']}" if "run" in run.settings else "Evaluation"


def add_run(page: Page, run: RunDocuments) -> None:
    """Add a section for each kind of document that the run has left."""
    page.section("Training", *_training(run))
    page.section("Tuning", *_tuning(run))
    page.section("Bias", *_bias(run))
    page.section("What the predictions rest on", *_importance(run))
    page.section("Debugger", *_debugger(run))
    page.section("Data", *_data(run))
    page.section("Settings", *_settings(run))


def _training(run: RunDocuments) -> list[Markup]:
    metrics = [(metric["MetricName"], float(metric["Value"])) for metric in run.training.get("metrics") or []]
    parts = [paragraph(run.training["training_job_name"])] if "training_job_name" in run.training else []
    if metrics:
        parts.append(table(["Metric of the training job", "Last value"], metrics))
    times = [
        f"{run.training[name]:,} {name.replace('_', ' ')}"
        for name in ("training_seconds", "billable_seconds")
        if run.training.get(name) is not None
    ]
    return parts + [paragraph(", ".join(times))] * bool(times)


def _tuning(run: RunDocuments) -> list[Markup]:
    jobs = [job for job in run.tuning.get("jobs", []) if "FinalHyperParameterTuningJobObjectiveMetric" in job]
    if not jobs:
        return []
    metric = run.tuning["objective"]["metric"]
    values = [float(job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]) for job in jobs]
    names = [job["TrainingJobName"] for job in jobs]
    tuned = sorted({name for job in jobs for name in job.get("TunedHyperParameters", {})})
    rows = [
        (rank, value, *(_short(job.get("TunedHyperParameters", {}).get(key, "")) for key in tuned), name)
        for rank, (name, value, job) in enumerate(zip(names, values, jobs), start=1)
    ]
    caption = f"Strategy {run.tuning.get('strategy', 'unknown')}: {len(jobs)} training jobs, the best first."
    return [
        figure(
            bars.ranking("Training jobs by their objective", values, value_title=metric, labels=names),
            caption,
        ),
        table(["Rank", metric, *tuned, "Training job"], rows),
    ]


def _short(number: str) -> str:
    try:
        return f"{float(number):.4g}"
    except ValueError:
        return number


def _bias(run: RunDocuments) -> list[Markup]:
    found = list(run.bias())
    parts: list[Markup] = []
    for stage, measured_on in _STAGES.items():
        metrics = [metric for metric in found if metric.stage == stage]
        if metrics:
            parts += [paragraph(f"Measured on the {measured_on}:"), _bias_by_facet(metrics)]
    return parts + _links(run, "clarify/report.html", "Clarify's own report") * bool(found)


def _bias_by_facet(metrics: Sequence[BiasMetric]) -> Markup:
    facets = list(dict.fromkeys(metric.facet for metric in metrics))
    names = {metric.name: metric.description or metric.name for metric in metrics}
    values = {(metric.name, metric.facet): _number(metric.value) for metric in metrics}
    return table(
        ["Metric", *facets],
        [(title, *(values.get((name, facet)) for facet in facets)) for name, title in names.items()],
    )


def _number(value: float | None) -> float | str:
    return "not defined" if value is None else float(value)


def _importance(run: RunDocuments) -> list[Markup]:
    importance = run.importance()
    if not importance:
        return []
    drawn = dict(list(importance.items())[:_FEATURES_DRAWN])
    left_out = len(importance) - len(drawn)
    rest = f" The {left_out} least important ones are left out." if left_out else ""
    drawing = bars.bars("Importance of the features", drawn, value_title="Mean absolute SHAP value", digits=4)
    return [figure(drawing, f"How far each feature moves the model's answer on average.{rest}")]


def _debugger(run: RunDocuments) -> list[Markup]:
    rules = [
        (rule["RuleConfigurationName"], rule.get("RuleEvaluationStatus"))
        for rule in run.training.get("debug_rules") or []
    ]
    parts = [table(["Rule", "Status"], rows=rules)] if rules else []
    return parts + _links(run, "debugger/**/xgboost_report.html", "Debugger's XGBoost report")


def _links(run: RunDocuments, pattern: str, text: str) -> list[Markup]:
    return [link(text, quote(address)) for address in run.links(pattern).values()]


def _data(run: RunDocuments) -> list[Markup]:
    files = run.data.get("files", [])
    if not files:
        return []
    return [
        table(
            ["Raw file", "Bytes", "SHA-256"],
            [(file.get("name"), file.get("bytes"), file.get("sha256")) for file in files],
        )
    ]


def _settings(run: RunDocuments) -> list[Markup]:
    if not run.settings:
        return []
    settings: dict[str, Any] = {
        name: run.settings[name] for name in run.settings if name != "hyperparameters"
    }
    chosen = sorted(run.settings.get("hyperparameters", {}).items())
    parts = [table(["Hyperparameter", "Value"], chosen)] if chosen else []
    shown = escape(json.dumps(settings, indent=2))
    return [*parts, Markup(f"<details><summary>All other settings</summary><pre>{shown}</pre></details>")]

"""The report on a training of XGBoost: one HTML page that needs nothing beside itself."""

import base64
from collections.abc import Iterator
from html import escape

from local_aws.images.algorithms.debugger_rules import figures, measures
from local_aws.images.algorithms.debugger_rules.tensors import Tensors

_STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}"
    "img{max-width:100%;display:block;margin:1rem 0}"
)


def render(tensors: Tensors, job: str) -> str:
    """The page; what was not saved is left out."""
    parts = [*_hyperparameters(tensors), *_metrics(tensors), *_importance(tensors)]
    if tensors.objective.startswith(("binary:", "multi:")):
        parts += [*_confusion(tensors), *_roc(tensors)]
    else:
        parts += _residuals(tensors)
    body = "\n".join(parts) or "<p>The training saved nothing to report on.</p>"
    title = f"XGBoost training report: {escape(job)}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _hyperparameters(tensors: Tensors) -> Iterator[str]:
    if tensors.hyperparameters:
        yield "<h2>Hyperparameters</h2>"
        yield _table(("name", "value"), sorted(tensors.hyperparameters.items()))


def _metrics(tensors: Tensors) -> Iterator[str]:
    if not tensors.metrics:
        return
    yield "<h2>Loss and metrics by round</h2>"
    by_metric: dict[str, dict[str, list[float]]] = {}
    for name, values in tensors.metrics["values"].items():
        channel, _, metric = name.partition("-")
        by_metric.setdefault(metric, {})[channel] = values
    for metric, series in by_metric.items():
        picture = figures.by_round(metric, tensors.metrics["rounds"], series)
        last = ", ".join(f"{name} {values[-1]:.5f}" for name, values in series.items())
        yield _picture(picture, f"{metric} by round; at the end: {last}")


def _importance(tensors: Tensors) -> Iterator[str]:
    kinds = {kind: scores for kind, scores in tensors.feature_importance.items() if scores}
    if kinds:
        yield "<h2>Importance of features</h2>"
    for kind, scores in kinds.items():
        yield _picture(figures.importance(kind, scores), f"importance of features by {kind}")


def _confusion(tensors: Tensors) -> Iterator[str]:
    for predictions in tensors.predictions:
        matrix = measures.confusion(predictions)
        yield f"<h2>Confusion matrix, {escape(predictions.name)}</h2>"
        yield f"<p>{len(predictions.labels):,} rows, {matrix.accuracy:.2%} of them predicted right.</p>"
        yield _picture(figures.confusion(predictions.name, matrix), f"confusion matrix, {predictions.name}")


def _roc(tensors: Tensors) -> Iterator[str]:
    if not tensors.objective.startswith("binary:"):
        return
    found = {predictions.name: measures.roc(predictions) for predictions in tensors.predictions}
    curves = {name: curve for name, curve in found.items() if curve is not None}
    if curves:
        yield "<h2>ROC curve</h2>"
        areas = ", ".join(f"{name} {curve.area:.4f}" for name, curve in curves.items())
        yield _picture(figures.roc(curves), f"ROC curve; area: {areas}")


def _residuals(tensors: Tensors) -> Iterator[str]:
    for predictions in tensors.predictions:
        yield f"<h2>Residuals, {escape(predictions.name)}</h2>"
        yield _picture(figures.residuals(predictions), f"residuals, {predictions.name}")


def _table(heading: tuple[str, ...], rows: list[tuple[str, str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heading)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _picture(png: bytes, text: str) -> str:
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'

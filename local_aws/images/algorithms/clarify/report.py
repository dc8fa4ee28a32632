"""report.html: the analysis for people, in one file."""

from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{padding:.3rem .6rem;text-align:left;"
    "border-bottom:1px solid #ddd}td.number{text-align:right;font-variant-numeric:tabular-nums}"
    "svg{max-width:100%}svg text{font-size:12px}"
)
_SECTIONS = {
    "pre_training_bias_metrics": "Pre-training bias: the data",
    "post_training_bias_metrics": "Post-training bias: the model's predictions",
}
_LARGEST_CHART = 20
_ROW = 22
_LABEL_WIDTH = 260
_BAR_WIDTH = 420


def render(title: str, analysis: dict[str, Any]) -> str:
    """The page of an analysis.json."""
    body = [f"<h1>{escape(title)}</h1>"]
    for section, heading in _SECTIONS.items():
        if section in analysis:
            body += [f"<h2>{heading}</h2>", *_bias(analysis[section])]
    for label, values in analysis.get("explanations", {}).get("kernel_shap", {}).items():
        body += ["<h2>What moves the predictions</h2>", *_shap(label, values)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _bias(section: dict[str, Any]) -> Iterator[str]:
    positive = escape(f"{section['label']} = {section['label_value_or_threshold']}")
    yield f"<p>Positive outcome: {positive}.</p>"
    for column, reports in section["facets"].items():
        for facet in reports:
            yield f"<h3>{escape(column)}: {escape(str(facet['value_or_threshold']))}</h3>"
            rows = "".join(_metric(metric) for metric in facet["metrics"])
            yield f"<table><tr><th>Metric</th><th>Meaning</th><th>Value</th></tr>{rows}</table>"


def _metric(metric: dict[str, Any]) -> str:
    value = metric["value"]
    shown = f"{value:.4f}" if isinstance(value, float) else escape(str(value or metric.get("error", value)))
    return (
        f"<tr><td>{escape(metric['name'])}</td><td>{escape(metric['description'])}</td>"
        f'<td class="number">{shown}</td></tr>'
    )


def _shap(label: str, values: dict[str, Any]) -> Iterator[str]:
    ranked = sorted(values["global_shap_values"].items(), key=lambda item: -abs(item[1]))
    shown = ranked[:_LARGEST_CHART]
    yield (
        f"<p>{escape(label)}: the {len(shown)} greatest of {len(ranked)} features. Contributions to the "
        "model's raw margin (log-odds, for a yes-or-no model), which start from "
        f"{values['expected_value']:.4f}.</p>"
    )
    greatest = max((abs(value) for _, value in shown), default=0.0) or 1.0
    bars = "".join(_bar(row, name, value, greatest) for row, (name, value) in enumerate(shown))
    width, height = _LABEL_WIDTH + _BAR_WIDTH + 70, _ROW * len(shown)
    yield f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{bars}</svg>'


def _bar(row: int, name: str, value: float, greatest: float) -> str:
    length = _BAR_WIDTH * abs(value) / greatest
    top = row * _ROW
    return (
        f'<text x="{_LABEL_WIDTH - 8}" y="{top + 15}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{_LABEL_WIDTH}" y="{top + 3}" width="{length:.1f}" height="16" fill="#3465a4"/>'
        f'<text x="{_LABEL_WIDTH + length + 6:.1f}" y="{top + 15}">{value:.4f}</text>'
    )

"""A Clarify job: read the configuration and the dataset, measure, explain, write what was found."""

import json
import math
import sys
from pathlib import Path
from typing import Any

from local_aws.images.algorithms.clarify import (
    bias,
    configuration,
    dataset,
    explanations,
    predictions,
    report,
    shadow_endpoint,
    trees,
)
from local_aws.images.algorithms.clarify.configuration import Analysis
from local_aws.images.algorithms.clarify.dataset import Dataset
from local_aws.images.toolkit import processing


def process(folder: Path) -> None:
    """Analyse what is in the folder's `input`, and write the results to its `output`."""
    analysis = configuration.read(folder / "input" / "config" / "analysis_config.json")
    data = dataset.read(folder / "input" / "data", analysis)
    sys.stdout.write(f"Analysing {len(data.table)} records of {data.table.shape[1]} columns\n")
    output = folder / "output"
    output.mkdir(parents=True, exist_ok=True)
    found = {"version": "1.0", **_bias(data, analysis), **_explanations(data, analysis, output)}
    (output / "analysis.json").write_text(json.dumps(_without_nan(found), indent=2))
    if analysis.title is not None:
        (output / "report.html").write_text(report.render(analysis.title, found))
    sys.stdout.write("Wrote the results\n")


def _bias(data: Dataset, analysis: Analysis) -> dict[str, Any]:
    found = {}
    if analysis.pre_training is not None:
        found["pre_training_bias_metrics"] = bias.measure(data, analysis, analysis.pre_training)
    if analysis.post_training is not None and analysis.predictor is not None:
        answers = shadow_endpoint.ask(analysis.predictor, data.features)
        threshold = analysis.probability_threshold
        predicted = predictions.labels(answers, analysis.predictor, threshold, data.table[data.label])
        found["post_training_bias_metrics"] = bias.measure(data, analysis, analysis.post_training, predicted)
    return found


def _explanations(data: Dataset, analysis: Analysis, output: Path) -> dict[str, Any]:
    if analysis.shap is None or analysis.predictor is None:
        return {}
    explained = explanations.explain(trees.load(analysis.predictor.model_name), data.features)
    if analysis.shap.save_local_values:
        explained.save(output / "explanations_shap")
    return {"explanations": explained.section(analysis.shap.agg_method)}


def _without_nan(value: Any) -> Any:
    """The value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    processing.run(process)

"""Bias metrics, by AWS's own smclarify."""

import logging
from typing import Any

import pandas as pd
from smclarify.bias import report

from local_aws.images.algorithms.clarify.configuration import Analysis
from local_aws.images.algorithms.clarify.dataset import Dataset
from local_aws.images.toolkit.errors import ClientError

_PREDICTED = "predicted_label"

# It logs a traceback for each metric that the data can't give; the report says the error.
logging.getLogger("smclarify").setLevel(logging.CRITICAL)


def measure(
    dataset: Dataset, analysis: Analysis, metrics: list[str], predicted: pd.Series | None = None
) -> dict[str, Any]:
    """A section of analysis.json: post-training metrics if there are predicted labels, else pre-training.

    Raises:
        ClientError: smclarify refuses the data; the text is its.
    """
    try:
        return {
            "label": dataset.label,
            "label_value_or_threshold": report.label_value_or_threshold(
                dataset.table[dataset.label], list(analysis.label_values)
            ),
            "facets": _facets(dataset, analysis, metrics, predicted),
        }
    except ValueError as error:
        raise ClientError(f"The bias metrics can't be computed: {error}") from None


def _facets(
    dataset: Dataset, analysis: Analysis, metrics: list[str], predicted: pd.Series | None
) -> dict[str, Any]:
    label = report.LabelColumn(dataset.label, dataset.table[dataset.label], list(analysis.label_values))
    stage = report.StageType.PRE_TRAINING if predicted is None else report.StageType.POST_TRAINING
    found: dict[str, Any] = {}
    for column, facet in zip(dataset.facets, analysis.facets, strict=True):
        values = None if facet.values is None else list(facet.values)
        found.setdefault(column, []).extend(
            report.bias_report(
                dataset.table,
                report.FacetColumn(column, values),
                label,
                stage,
                None if predicted is None else report.LabelColumn(_PREDICTED, predicted),
                metrics,
                None if dataset.group is None else dataset.table[dataset.group],
            )
        )
    return found

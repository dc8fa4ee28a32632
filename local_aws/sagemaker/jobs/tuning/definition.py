"""The training jobs that a tuning job's definition makes."""

from collections.abc import Mapping
from typing import Any


def training_request(tuning_job: Mapping[str, Any], name: str, tuned: Mapping[str, str]) -> dict[str, Any]:
    """The request by which a training job of a tuning job is made."""
    definition = dict(tuning_job["TrainingJobDefinition"])
    static = definition.pop("StaticHyperParameters", {})
    definition.pop("DefinitionName", None)
    config = tuning_job["HyperParameterTuningJobConfig"]
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    return {
        **definition,
        "TrainingJobName": name,
        "HyperParameters": {**static, **tuned, "_tuning_objective_metric": metric},
    }

"""Rules for hyperparameter tuning jobs.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

import math
from collections.abc import Mapping
from typing import Any

from local_aws.images.catalogue import Image
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.jobs.tuning.definition import training_request
from local_aws.sagemaker.kinds import HYPERPARAMETER_TUNING_JOB
from local_aws.sagemaker.rules import jobs, warm_start

_NOT_HERE = ("TrainingJobDefinitions", "Autotune")
_NUMERIC = {"IntegerParameterRanges": int, "ContinuousParameterRanges": float}


def check_tuning_job(params: dict[str, Any]) -> None:
    """Every rule for CreateHyperParameterTuningJob."""
    jobs.name_is_free(HYPERPARAMETER_TUNING_JOB, params["HyperParameterTuningJobName"])
    tuning_is_supported(params)
    config = params["HyperParameterTuningJobConfig"]
    limits_fit(config["ResourceLimits"])
    ranges_are_valid(config["ParameterRanges"])
    names_do_not_overlap(params)
    image = definition_can_train(params)
    objective_is_measured(params, image)
    if "WarmStartConfig" in params:
        warm_start.check_warm_start(params)


def tuning_is_supported(params: dict[str, Any]) -> None:
    """One training job definition with ranges and an objective, searched at random or by Bayes."""
    config = params["HyperParameterTuningJobConfig"]
    given = [name for name in _NOT_HERE if name in params]
    given += [
        f"TuningJobCompletionCriteria.{name}"
        for name in config.get("TuningJobCompletionCriteria", {})
        if name != "TargetObjectiveMetricValue"
    ]
    if given:
        raise validation_error(f"{', '.join(given)}: not supported here.")
    if config["Strategy"] not in ("Random", "Bayesian"):
        raise validation_error(
            f"Strategy {config['Strategy']} is not supported here; use Random or Bayesian."
        )
    for name in ("HyperParameterTuningJobObjective", "ParameterRanges"):
        if name not in config:
            raise validation_error(f"HyperParameterTuningJobConfig must have {name}.")
    if "TrainingJobDefinition" not in params:
        raise validation_error("A TrainingJobDefinition must be specified.")


def limits_fit(limits: dict[str, Any]) -> None:
    """It is said how many training jobs there are, and no more than those run at once."""
    most, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if most is None:
        raise validation_error("ResourceLimits must have MaxNumberOfTrainingJobs.")
    if parallel > most:
        raise validation_error(
            f"MaxParallelTrainingJobs ({parallel}) must not be greater than MaxNumberOfTrainingJobs ({most})."
        )


def ranges_are_valid(ranges: dict[str, Any]) -> None:
    """There is a range; numeric ones go up, and fit their scale."""
    if ranges.get("AutoParameters"):
        raise validation_error("AutoParameters are not supported here; give their ranges.")
    if not _names(ranges):
        raise validation_error("ParameterRanges must have at least one range to tune over.")
    for kind, number in _NUMERIC.items():
        for item in ranges.get(kind, []):
            _range_is_valid(item, number)


def names_do_not_overlap(params: dict[str, Any]) -> None:
    """A hyperparameter is tuned once, or static, or absent."""
    tuned = _names(params["HyperParameterTuningJobConfig"]["ParameterRanges"])
    static = params["TrainingJobDefinition"].get("StaticHyperParameters", {})
    twice = sorted({name for name in tuned if tuned.count(name) > 1} | (set(tuned) & set(static)))
    if twice:
        raise validation_error(
            f"Hyperparameters {', '.join(twice)} are given more than once: each must be in one range, or "
            "in StaticHyperParameters."
        )


def definition_can_train(params: dict[str, Any]) -> Image:
    """Training jobs can be made of the definition; returns the image they run."""
    name = f"{params['HyperParameterTuningJobName']}-001-00000000"
    return jobs.check_training_job(training_request(params, name, {}))


def objective_is_measured(params: dict[str, Any], image: Image) -> None:
    """The objective is one of the image's metrics, or of those defined for the job."""
    metric = params["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    defined = params["TrainingJobDefinition"]["AlgorithmSpecification"].get("MetricDefinitions", [])
    if metric in {item["Name"] for item in defined}:
        return
    if not image.metrics:
        raise validation_error(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the "
            "metric definitions."
        )
    if metric not in image.metrics:
        known = ", ".join(image.metrics)
        raise validation_error(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for the "
            f"[{image.name}] algorithm. Choose a valid objective metric: {known}."
        )


def _names(ranges: Mapping[str, Any]) -> list[str]:
    kinds = (*_NUMERIC, "CategoricalParameterRanges")
    return [item["Name"] for kind in kinds for item in ranges.get(kind, [])]


def _range_is_valid(item: Mapping[str, str], number: type[int] | type[float]) -> None:
    name, scaling = item["Name"], item.get("ScalingType", "Auto")
    try:
        low, high = number(item["MinValue"]), number(item["MaxValue"])
    except ValueError:
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high)):
        kind = "whole numbers" if number is int else "numbers"
        raise validation_error(f"Range of {name}: MinValue and MaxValue must be {kind}.")
    if low >= high:
        raise validation_error(f"Range of {name}: MinValue {low} must be less than MaxValue {high}.")
    if scaling == "Logarithmic" and low <= 0:
        raise validation_error(f"Range of {name}: logarithmic scaling needs values greater than 0.")
    if scaling == "ReverseLogarithmic" and (number is int or low < 0 or high >= 1):
        raise validation_error(
            f"Range of {name}: reverse logarithmic scaling is for continuous ranges within 0 <= x < 1."
        )

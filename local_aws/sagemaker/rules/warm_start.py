"""Rules for warm starts of tuning jobs.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from typing import Any

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import HYPERPARAMETER_TUNING_JOB
from local_aws.sagemaker.store import Record

_ENDED = ("Completed", "Stopped", "Failed")


def check_warm_start(params: dict[str, Any]) -> None:
    """Every rule for the WarmStartConfig of a tuning job."""
    config = params["WarmStartConfig"]
    for item in config["ParentHyperParameterTuningJobs"]:
        parent = store.get(HYPERPARAMETER_TUNING_JOB, item.get("HyperParameterTuningJobName", ""))
        parent_has_ended(parent)
        objective_is_the_parents(params, parent)
        hyperparameters_are_the_parents(params, parent)
        if config["WarmStartType"] == "IdenticalDataAndAlgorithm":
            data_and_algorithm_are_the_parents(params, parent)


def parent_has_ended(parent: Record) -> None:
    """A parent job is in a terminal state."""
    status = parent["HyperParameterTuningJobStatus"]
    if status not in _ENDED:
        raise validation_error(f"Parent tuning job {_name(parent)} is {status}; it must have ended.")


def objective_is_the_parents(params: dict[str, Any], parent: Record) -> None:
    """Results can be compared only if they measure the same."""
    key = "HyperParameterTuningJobObjective"
    ours, theirs = (job["HyperParameterTuningJobConfig"][key] for job in (params, parent))
    if ours != theirs:
        raise validation_error(
            f"The objective must be that of parent tuning job {_name(parent)}: {theirs['Type']} "
            f"{theirs['MetricName']}."
        )


def hyperparameters_are_the_parents(params: dict[str, Any], parent: Record) -> None:
    """Static hyperparameters may become tuned ones and back, but there are as many as in the parent."""
    ours, theirs = _hyperparameters(params), _hyperparameters(parent)
    if len(ours) != len(theirs):
        raise validation_error(
            f"The number of static and tunable hyperparameters must be that of parent tuning job "
            f"{_name(parent)}; different are: {', '.join(sorted(ours ^ theirs))}."
        )


def data_and_algorithm_are_the_parents(params: dict[str, Any], parent: Record) -> None:
    """IdenticalDataAndAlgorithm takes it at its word."""
    ours, theirs = params["TrainingJobDefinition"], parent["TrainingJobDefinition"]
    if ours["AlgorithmSpecification"].get("TrainingImage") != theirs["AlgorithmSpecification"].get(
        "TrainingImage"
    ) or ours.get("InputDataConfig") != theirs.get("InputDataConfig"):
        raise validation_error(
            f"WarmStartType IdenticalDataAndAlgorithm needs the training image and the input data of parent "
            f"tuning job {_name(parent)}; use TransferLearning for others."
        )


def _hyperparameters(job: dict[str, Any]) -> set[str]:
    ranges = job["HyperParameterTuningJobConfig"]["ParameterRanges"]
    tuned = {item["Name"] for items in ranges.values() for item in items}
    return tuned | set(job["TrainingJobDefinition"].get("StaticHyperParameters", {}))


def _name(parent: Record) -> str:
    return str(parent["HyperParameterTuningJobName"])

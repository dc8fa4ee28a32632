"""What a tuning job's training jobs have come to: their summaries, how many are in which state, the best."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.sagemaker import model, store
from local_aws.sagemaker.kinds import HYPERPARAMETER_TUNING_JOB, TRAINING_JOB
from local_aws.sagemaker.store import Record

Summary = dict[str, Any]

_COUNTERS = {
    "Completed": "Completed",
    "InProgress": "InProgress",
    "Stopping": "InProgress",
    "Stopped": "Stopped",
    "Failed": "NonRetryableError",
}
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


def objective(tuning_job: Record) -> Mapping[str, str]:
    """The metric a job tunes, and whether the greatest or the least is the best."""
    found: Mapping[str, str] = tuning_job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    return found


def training_jobs(tuning_job: Record) -> list[Record]:
    """The records of the training jobs that a tuning job has made, the first one first."""
    arn = tuning_job["HyperParameterTuningJobArn"]
    return [record for record in store.records(TRAINING_JOB) if record.get("TuningJobArn") == arn]


def reached(training_job: Record, metric: str) -> float | None:
    """The last value of the metric that an ended training job logged; None if that is no number."""
    found = training_job.get("FinalMetricDataList", [])
    value = next((float(item["Value"]) for item in found if item["MetricName"] == metric), math.nan)
    return value if math.isfinite(value) else None


def summaries(tuning_job: Record) -> list[Summary]:
    """The TrainingJobSummaries."""
    return [_summary(tuning_job, record) for record in training_jobs(tuning_job)]


def progress(tuning_job: Record) -> dict[str, Any]:
    """The counters and the best training jobs, as a tuning job's description has them."""
    found = summaries(tuning_job)
    states = Counter(_COUNTERS[item["TrainingJobStatus"]] for item in found)
    objectives = Counter(item["ObjectiveStatus"] for item in found)
    fields: dict[str, Any] = {
        "TrainingJobStatusCounters": {
            name: states[name]
            for name in ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
        },
        "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
    }
    goal = objective(tuning_job)["Type"]
    if best := best_of(found, goal):
        fields["BestTrainingJob"] = best
    inherited = [item for parent in parents(tuning_job) for item in summaries(parent)]
    if inherited and (overall := best_of([*found, *inherited], goal)):
        fields["OverallBestTrainingJob"] = overall
    return fields


def best_of(found: Iterable[Summary], goal: str) -> Summary | None:
    """The best of those that have a result; the earlier one of equals."""
    measured = [item for item in found if item["ObjectiveStatus"] == "Succeeded"]
    sign = 1 if goal == "Maximize" else -1
    return max(measured, key=lambda item: sign * item[OBJECTIVE]["Value"], default=None)


def parents(tuning_job: Record) -> list[Record]:
    """The tuning jobs that a warm start builds on."""
    named = tuning_job.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
    return [store.get(HYPERPARAMETER_TUNING_JOB, item["HyperParameterTuningJobName"]) for item in named]


def _summary(tuning_job: Record, training_job: Record) -> Summary:
    wanted = objective(tuning_job)
    value = reached(training_job, wanted["MetricName"])
    running = training_job["TrainingJobStatus"] in ("InProgress", "Stopping")
    # A failed training job may have logged values; AWS counts none of them.
    succeeded = not running and training_job["TrainingJobStatus"] != "Failed" and value is not None
    summary = {
        **model.summary("ListTrainingJobsForHyperParameterTuningJob", "TrainingJobSummaries", training_job),
        "TuningJobName": tuning_job["HyperParameterTuningJobName"],
        "TunedHyperParameters": training_job["_TunedHyperParameters"],
        "ObjectiveStatus": "Pending" if running else "Succeeded" if succeeded else "Failed",
    }
    if name := tuning_job["TrainingJobDefinition"].get("DefinitionName"):
        summary["TrainingJobDefinitionName"] = name
    if succeeded:
        summary[OBJECTIVE] = {**wanted, "Value": value}
    return summary

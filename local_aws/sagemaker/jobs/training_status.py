"""The secondary status of training jobs: which step they are at, since when, and what they cost."""

import math
import time
from typing import Any

from local_aws.sagemaker.jobs import lifecycle
from local_aws.sagemaker.jobs.lifecycle import Job
from local_aws.sagemaker.jobs.metrics import LogMetrics

# What spot capacity costs here of what the time would cost on demand; AWS's price changes by the hour.
_SPOT_SHARE = 0.3


def transition(status: str, message: str) -> dict[str, Any]:
    """An entry of SecondaryStatusTransitions that begins now."""
    return {"Status": status, "StartTime": time.time(), "StatusMessage": message}


def enter(job: Job, status: str, message: str) -> None:
    """Go on to the next secondary status."""
    fields: dict[str, Any] = {"SecondaryStatus": status}
    if status == "Downloading":
        fields["TrainingStartTime"] = time.time()
    _end_transition(job)
    job.record["SecondaryStatusTransitions"].append(transition(status, message))
    lifecycle.change(job, **fields)


def note_end(job: Job, metrics: LogMetrics, status: str, message: str) -> None:
    """Enter the last secondary status, and note the metrics and the times, which are those of one host."""
    enter(job, status, message)
    _end_transition(job)
    seconds = math.ceil(time.time() - job.record.get("TrainingStartTime", time.time())) or 1
    spot = job.record["EnableManagedSpotTraining"]
    lifecycle.change(
        job,
        FinalMetricDataList=metrics.final() or None,
        TrainingTimeInSeconds=seconds,
        BillableTimeInSeconds=math.ceil(seconds * _SPOT_SHARE) if spot else seconds,
    )


def _end_transition(job: Job) -> None:
    job.record["SecondaryStatusTransitions"][-1]["EndTime"] = time.time()

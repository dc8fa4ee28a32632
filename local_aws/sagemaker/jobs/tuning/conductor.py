"""Conducts a tuning job: makes its training jobs, a few at a time, until there are enough of them."""

import itertools
import time
import uuid
from collections.abc import Iterator

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.jobs import lifecycle, training
from local_aws.sagemaker.jobs.lifecycle import Job, JobFailedError
from local_aws.sagemaker.jobs.tuning import results
from local_aws.sagemaker.jobs.tuning.definition import training_request
from local_aws.sagemaker.jobs.tuning.early_stopping import falls_behind
from local_aws.sagemaker.jobs.tuning.ranges import parse
from local_aws.sagemaker.jobs.tuning.search import Search
from local_aws.sagemaker.kinds import TRAINING_JOB
from local_aws.sagemaker.store import Record

_POLL_SECONDS = 0.1
_RUNNING = ("InProgress", "Stopping")
# AWS's own texts.
_ALL_FAILED = (
    "All training jobs failed. Please take a look at the training jobs failures to get more details."
)
_NO_OBJECTIVE = (
    "No objective metrics found after running {count} training jobs. Please ensure that the custom "
    "algorithm is emitting the objective metric as defined by the regular expression provided."
)


def conduct(job: Job) -> None:
    """Do a tuning job, and note in its record how it goes."""
    try:
        _Conductor(job).run()
    finally:
        _stop_all(job.record)
        lifecycle.change(job, **results.progress(job.record))


class _Conductor:
    """One tuning job under way."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._record = job.record
        config = self._record["HyperParameterTuningJobConfig"]
        objective = results.objective(self._record)
        self._config = config
        self._metric, self._goal = objective["MetricName"], objective["Type"]
        self._limits = config["ResourceLimits"]
        self._deadline = time.monotonic() + self._limits.get("MaxRuntimeInSeconds", float("inf"))
        self._search = Search(job.name, config, parse(config["ParameterRanges"]), self._goal)
        self._numbers = itertools.count(1)
        self._running: list[Record] = []
        self._ended: list[Record] = []

    def run(self) -> None:
        """Make training jobs and wait for them; raises if none reached anything, or the job is stopped."""
        for parent in results.parents(self._record):
            for record in results.training_jobs(parent):
                self._remember(record)
        while self._goes_on() or self._running:
            self._job.check_stopped(self._deadline)
            while self._goes_on() and len(self._running) < self._limits["MaxParallelTrainingJobs"]:
                self._begin()
            self._job.stop_requested.wait(_POLL_SECONDS)
            self._stop_those_behind()
            for record in [item for item in self._running if item["TrainingJobStatus"] not in _RUNNING]:
                self._take_in(record)
        self._require_result()

    def _goes_on(self) -> bool:
        """Whether more training jobs are to be made."""
        made = len(self._running) + len(self._ended)
        return made < self._limits["MaxNumberOfTrainingJobs"] and not self._is_good_enough()

    def _is_good_enough(self) -> bool:
        target = self._config.get("TuningJobCompletionCriteria", {}).get("TargetObjectiveMetricValue")
        if target is None:
            return False
        sign = 1 if self._goal == "Maximize" else -1
        return any(sign * value >= sign * target for value in self._values())

    def _values(self) -> Iterator[float]:
        for record in self._ended:
            value = self._result(record)
            if value is not None:
                yield value

    def _begin(self) -> None:
        name = f"{self._job.name}-{next(self._numbers):03d}-{uuid.uuid4().hex[:8]}"
        tuned = self._search.next(name)
        request = training_request(self._record, name, tuned)
        tags = store.tags(self._record["HyperParameterTuningJobArn"]) or {}
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        try:
            training.launch(
                request,
                TuningJobArn=self._record["HyperParameterTuningJobArn"],
                _TunedHyperParameters=tuned,
                _JobsAtOnce=self._limits["MaxParallelTrainingJobs"],
            )
        except ServiceError as error:
            raise JobFailedError(f"ClientError: {error.message}") from None
        self._running.append(store.get(TRAINING_JOB, name))
        lifecycle.change(self._job, **results.progress(self._record))

    def _take_in(self, record: Record) -> None:
        self._running.remove(record)
        self._ended.append(record)
        self._search.tell(record["TrainingJobName"], self._result(record))
        lifecycle.change(self._job, **results.progress(self._record))

    def _remember(self, record: Record) -> None:
        value = self._result(record)
        if value is not None:
            self._search.remember(record["HyperParameters"], value)

    def _result(self, record: Record) -> float | None:
        failed = record["TrainingJobStatus"] == "Failed"
        return None if failed else results.reached(record, self._metric)

    def _stop_those_behind(self) -> None:
        if self._config.get("TrainingJobEarlyStoppingType", "Off") != "Auto":
            return
        ended = [self._history(record) for record in self._ended]
        for record in self._running:
            if falls_behind(self._history(record), ended, self._goal):
                _stop(record)

    def _history(self, record: Record) -> list[float]:
        return list(record.get("_MetricValues", {}).get(self._metric, []))

    def _require_result(self) -> None:
        if all(record["TrainingJobStatus"] == "Failed" for record in self._ended):
            raise JobFailedError(_ALL_FAILED)
        if not any(True for _ in self._values()):
            raise JobFailedError(_NO_OBJECTIVE.format(count=len(self._ended)))


def _stop_all(tuning_job: Record) -> None:
    """Stop the training jobs that still run, and wait for their end."""
    running = [item for item in results.training_jobs(tuning_job) if item["TrainingJobStatus"] in _RUNNING]
    for record in running:
        _stop(record)
    while any(record["TrainingJobStatus"] in _RUNNING for record in running):
        time.sleep(_POLL_SECONDS)


def _stop(record: Record) -> None:
    """Stop a training job; one that has ended meanwhile is fine."""
    if record["TrainingJobStatus"] != "InProgress":
        return
    try:
        lifecycle.stop(TRAINING_JOB, record["TrainingJobName"])
    except ServiceError:
        return

"""The operations of tuning jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
"""

from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.jobs import lifecycle
from local_aws.sagemaker.jobs.tuning import results
from local_aws.sagemaker.jobs.tuning.conductor import conduct
from local_aws.sagemaker.kinds import HYPERPARAMETER_TUNING_JOB as KIND
from local_aws.sagemaker.rules import tuning as rules

_NAME = "HyperParameterTuningJobName"


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateHyperParameterTuningJob."""
    rules.check_tuning_job(params)
    config = params["HyperParameterTuningJobConfig"]
    fields = {**params, "HyperParameterTuningJobStatus": "InProgress"}
    # ListHyperParameterTuningJobs shows these at the top.
    fields |= {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
    record = store.create(KIND, params[_NAME], fields)
    store.update(record, **results.progress(record))
    lifecycle.start(KIND, record, params["TrainingJobDefinition"]["RoleArn"], conduct)
    return {"HyperParameterTuningJobArn": record["HyperParameterTuningJobArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeHyperParameterTuningJob."""
    record = store.get(KIND, params[_NAME])
    return model.answer("DescribeHyperParameterTuningJob", {**record, **results.progress(record)})


def stop(params: dict[str, Any]) -> dict[str, Any]:
    """StopHyperParameterTuningJob: its training jobs are stopped with it."""
    lifecycle.stop(KIND, params[_NAME])
    return {}


def list_jobs(params: dict[str, Any]) -> dict[str, Any]:
    """ListHyperParameterTuningJobs."""
    return listing.answer(KIND, params)


def list_training_jobs(params: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingJobsForHyperParameterTuningJob; by objective, those without one are left out."""
    by, status = params.get("SortBy", "Name"), params.get("StatusEquals")
    found = results.summaries(store.get(KIND, params[_NAME]))
    if status is not None:
        found = [item for item in found if item["TrainingJobStatus"] == status]
    if by == "FinalObjectiveMetricValue":
        found = [item for item in found if results.OBJECTIVE in item]
        found.sort(key=lambda item: item[results.OBJECTIVE]["Value"])
    else:
        field = {"CreationTime": "CreationTime", "Status": "TrainingJobStatus"}.get(by, "TrainingJobName")
        found.sort(key=lambda item: item[field])
    if params.get("SortOrder") == "Descending":
        found.reverse()
    return listing.page("TrainingJobSummaries", found, params)

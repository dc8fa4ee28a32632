"""Processing jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

import json
import time
from pathlib import Path
from typing import Any

from ministack.core.responses import get_region

from local_aws.images.catalogue import Image, resolve
from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.container import algorithm_environment
from local_aws.sagemaker.jobs import channels, lifecycle
from local_aws.sagemaker.jobs.failures import algorithm_failure
from local_aws.sagemaker.jobs.lifecycle import Job
from local_aws.sagemaker.kinds import PROCESSING_JOB
from local_aws.sagemaker.rules import jobs as rules
from local_aws.sagemaker.uris import S3Location

_DEFAULT_MAX_RUNTIME_SECONDS = 24 * 3600
_EXIT_MESSAGE_LIMIT = 1024
_HOST = "algo-1"


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateProcessingJob."""
    rules.check_processing_job(params)
    fields = {**params, "ProcessingJobStatus": "InProgress"}
    fields.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": _DEFAULT_MAX_RUNTIME_SECONDS})
    record = store.create(PROCESSING_JOB, params["ProcessingJobName"], fields)
    lifecycle.start(PROCESSING_JOB, record, params["RoleArn"], _process)
    return {"ProcessingJobArn": record["ProcessingJobArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeProcessingJob."""
    return model.answer("DescribeProcessingJob", store.get(PROCESSING_JOB, params["ProcessingJobName"]))


def stop(params: dict[str, Any]) -> dict[str, Any]:
    """StopProcessingJob."""
    lifecycle.stop(PROCESSING_JOB, params["ProcessingJobName"])
    return {}


def list_jobs(params: dict[str, Any]) -> dict[str, Any]:
    """ListProcessingJobs."""
    return listing.answer(PROCESSING_JOB, params)


def _process(job: Job) -> None:
    lifecycle.change(job, ProcessingStartTime=time.time())
    application = job.record["AppSpecification"]
    image = resolve(application["ImageUri"], get_region())
    _prepare(job)
    entrypoint = application.get("ContainerEntrypoint")
    command = [*(entrypoint or _own_entrypoint(image)), *application.get("ContainerArguments", [])]
    # The image's own modules need to be found; a script of the job's has nothing of ours.
    environment = (
        _environment(job) if entrypoint else {**_environment(job), **algorithm_environment(job.filesystem)}
    )
    seconds = job.record["StoppingCondition"]["MaxRuntimeInSeconds"]
    code = job.run(image, command, environment, seconds)
    _note_exit_message(job)
    if code:
        raise algorithm_failure(job.filesystem.ml / "output" / "failure", job.last_line, code)
    _upload(job)


def _own_entrypoint(image: Image) -> list[str]:
    return [str(image.python), *(image.process or ())]


def _prepare(job: Job) -> None:
    ml = job.filesystem.ml
    (ml / "config").mkdir()
    (ml / "output").mkdir()
    described = model.answer("DescribeProcessingJob", job.record)
    (ml / "config" / "processingjobconfig.json").write_text(json.dumps(described))
    hosts = {"current_host": _HOST, "hosts": [_HOST]}
    (ml / "config" / "resourceconfig.json").write_text(json.dumps(hosts))
    for item in job.record.get("ProcessingInputs", []):
        source = item["S3Input"]
        folder = job.filesystem.path(source["LocalPath"])
        gzipped = source.get("S3CompressionType") == "Gzip"
        channels.download(job.storage, source["S3DataType"], source["S3Uri"], folder, gzipped=gzipped)
    for item in _outputs(job):
        _output_folder(job, item).mkdir(parents=True, exist_ok=True)


def _environment(job: Job) -> dict[str, str]:
    return {
        "PROCESSING_JOB_NAME": job.name,
        "PROCESSING_JOB_ARN": job.record["ProcessingJobArn"],
        **job.record.get("Environment", {}),
    }


def _note_exit_message(job: Job) -> None:
    path = job.filesystem.ml / "output" / "message"
    if path.is_file():
        lifecycle.change(job, ExitMessage=path.read_text("utf-8", "replace")[:_EXIT_MESSAGE_LIMIT])


def _upload(job: Job) -> None:
    kms_key = job.record.get("ProcessingOutputConfig", {}).get("KmsKeyId")
    for item in _outputs(job):
        folder = _output_folder(job, item)
        target = S3Location.parse(item["S3Output"]["S3Uri"])
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            job.storage.upload(path, target.joined(path.relative_to(folder).as_posix()), kms_key)


def _outputs(job: Job) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = job.record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return outputs


def _output_folder(job: Job, item: dict[str, Any]) -> Path:
    return job.filesystem.path(item["S3Output"]["LocalPath"])

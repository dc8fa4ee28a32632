"""Training jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from ministack.core.responses import get_region

from local_aws.images.catalogue import Image, resolve
from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.container import algorithm_environment
from local_aws.sagemaker.jobs import archives, channels, lifecycle
from local_aws.sagemaker.jobs.failures import algorithm_failure
from local_aws.sagemaker.jobs.lifecycle import Job, JobStoppedError
from local_aws.sagemaker.jobs.metrics import LogMetrics
from local_aws.sagemaker.kinds import TRAINING_JOB
from local_aws.sagemaker.rules import jobs as rules
from local_aws.sagemaker.uris import S3Location

_DEFAULT_MAX_RUNTIME_SECONDS = 24 * 3600
_HOST = "algo-1"


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateTrainingJob."""
    return launch(params)


def launch(params: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a training job as CreateTrainingJob does, with `more` in its record."""
    image = rules.check_training_job(params)
    fields = {**params, **more, "TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
    fields.setdefault("HyperParameters", {})
    fields.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": _DEFAULT_MAX_RUNTIME_SECONDS})
    for switch in (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ):
        fields.setdefault(switch, False)
    fields["AlgorithmSpecification"] = {
        **params["AlgorithmSpecification"],
        "MetricDefinitions": _metric_definitions(params, image),
    }
    record = store.create(TRAINING_JOB, params["TrainingJobName"], fields)
    record["SecondaryStatusTransitions"] = [_transition("Starting", "Launching requested ML instances")]
    lifecycle.start(TRAINING_JOB, record, params["RoleArn"], _train)
    return {"TrainingJobArn": record["TrainingJobArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeTrainingJob."""
    return model.answer("DescribeTrainingJob", store.get(TRAINING_JOB, params["TrainingJobName"]))


def stop(params: dict[str, Any]) -> dict[str, Any]:
    """StopTrainingJob."""
    lifecycle.stop(TRAINING_JOB, params["TrainingJobName"])
    return {}


def list_jobs(params: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingJobs."""
    return listing.answer(TRAINING_JOB, params)


def _train(job: Job) -> None:
    """Do a training job, and note in its record how it went."""
    image = resolve(job.record["AlgorithmSpecification"]["TrainingImage"], get_region())
    metrics = LogMetrics(job.record["AlgorithmSpecification"]["MetricDefinitions"])
    job.record["_MetricValues"] = metrics.values
    end = ("Failed", "Training job failed")
    try:
        _enter(job, "Downloading", "Downloading input data")
        _prepare(job)
        _enter(job, "Training", "Training image download completed. Training in progress.")
        end = _run(job, image, metrics)
    except JobStoppedError as stopped:
        _upload(job)
        end = (
            ("MaxRuntimeExceeded", "Training job exceeded MaxRuntimeInSeconds")
            if stopped.timed_out
            else _STOPPED
        )
        raise
    finally:
        _note_end(job, metrics, *end)


_STOPPED = ("Stopped", "Training job stopped")


def _run(job: Job, image: Image, metrics: LogMetrics) -> tuple[str, str]:
    def on_line(line: str) -> None:
        metrics.read(line)
        job.log(line)

    seconds = job.record["StoppingCondition"].get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME_SECONDS)
    code = job.run(image, _command(job, image), _environment(job), seconds, on_line)
    if code:
        raise algorithm_failure(job.filesystem.ml / "output" / "failure", job.last_line, code)
    _enter(job, "Uploading", "Uploading generated training model")
    _upload(job)
    return "Completed", "Training job completed"


def _prepare(job: Job) -> None:
    """Lay out /opt/ml: configuration, channels, and the folders the algorithm writes to."""
    ml = job.filesystem.ml
    for folder in ("model", "output/data", "input/config", "input/data"):
        (ml / folder).mkdir(parents=True)
    inputs = job.record.get("InputDataConfig", [])
    resources = {"current_host": _HOST, "hosts": [_HOST], "network_interface_name": "lo"}
    _write_config(ml, "hyperparameters", job.record["HyperParameters"])
    _write_config(ml, "inputdataconfig", {item["ChannelName"]: _channel_config(item) for item in inputs})
    _write_config(ml, "resourceconfig", {**resources, "current_instance_type": _instance_type(job)})
    for item in inputs:
        source = item["DataSource"]["S3DataSource"]
        folder = ml / "input" / "data" / item["ChannelName"]
        gzipped = item.get("CompressionType") == "Gzip"
        channels.download(job.storage, source["S3DataType"], source["S3Uri"], folder, gzipped=gzipped)


def _channel_config(item: dict[str, Any]) -> dict[str, str]:
    distribution = item["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated")
    config = {
        "TrainingInputMode": "File",
        "S3DistributionType": distribution,
        "RecordWrapperType": item.get("RecordWrapperType", "None"),
    }
    return {**config, "ContentType": item["ContentType"]} if "ContentType" in item else config


def _write_config(ml: Path, name: str, value: object) -> None:
    (ml / "input" / "config" / f"{name}.json").write_text(json.dumps(value))


def _command(job: Job, image: Image) -> list[str]:
    specification = job.record["AlgorithmSpecification"]
    if "ContainerEntrypoint" in specification:
        return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", [])]
    return [str(image.python), *(image.train or ()), *specification.get("ContainerArguments", ["train"])]


def _environment(job: Job) -> dict[str, str]:
    names = [item["ChannelName"] for item in job.record.get("InputDataConfig", [])]
    return {
        **algorithm_environment(job.filesystem),
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.record["TrainingJobArn"],
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_CHANNELS": json.dumps(sorted(names)),
        "SM_HPS": json.dumps(job.record["HyperParameters"]),
        "SM_HOSTS": json.dumps([_HOST]),
        "SM_CURRENT_HOST": _HOST,
        "SM_NUM_CPUS": str(os.cpu_count()),
        "SM_NUM_GPUS": "0",
        **{f"SM_CHANNEL_{name.upper()}": f"/opt/ml/input/data/{name}" for name in names},
        **{f"SM_HP_{name.upper()}": value for name, value in job.record["HyperParameters"].items()},
        **job.record.get("Environment", {}),
    }


def _upload(job: Job) -> None:
    """Hand over what the container left: model.tar.gz, and output.tar.gz if there is other output."""
    output = job.record["OutputDataConfig"]
    base = S3Location.parse(output["S3OutputPath"]).joined(f"{job.name}/output")
    kms_key = output.get("KmsKeyId")
    data, trained = job.filesystem.ml / "output" / "data", job.filesystem.ml / "model"
    if data.is_dir() and any(data.iterdir()):
        archives.upload(job.storage, data, base.joined("output.tar.gz"), kms_key)
    if trained.is_dir() and any(trained.iterdir()):
        location = base.joined("model.tar.gz")
        archives.upload(job.storage, trained, location, kms_key)
        lifecycle.change(job, ModelArtifacts={"S3ModelArtifacts": str(location)})


def _enter(job: Job, status: str, message: str) -> None:
    """Go on to the next secondary status."""
    fields: dict[str, Any] = {"SecondaryStatus": status}
    if status == "Downloading":
        fields["TrainingStartTime"] = time.time()
    _end_transition(job)
    job.record["SecondaryStatusTransitions"].append(_transition(status, message))
    lifecycle.change(job, **fields)


def _note_end(job: Job, metrics: LogMetrics, status: str, message: str) -> None:
    _enter(job, status, message)
    _end_transition(job)
    seconds = math.ceil(time.time() - job.record.get("TrainingStartTime", time.time())) or 1
    lifecycle.change(
        job,
        FinalMetricDataList=metrics.final() or None,
        TrainingTimeInSeconds=seconds,
        BillableTimeInSeconds=seconds * job.record["ResourceConfig"]["InstanceCount"],
    )


def _end_transition(job: Job) -> None:
    job.record["SecondaryStatusTransitions"][-1]["EndTime"] = time.time()


def _transition(status: str, message: str) -> dict[str, Any]:
    return {"Status": status, "StartTime": time.time(), "StatusMessage": message}


def _metric_definitions(params: dict[str, Any], image: Image) -> list[dict[str, str]]:
    own = [{"Name": name, "Regex": regex} for name, regex in image.metrics.items()]
    given: list[dict[str, str]] = params["AlgorithmSpecification"].get("MetricDefinitions", [])
    named = {definition["Name"] for definition in given}
    return [definition for definition in own if definition["Name"] not in named] + given


def _instance_type(job: Job) -> str:
    return str(job.record["ResourceConfig"]["InstanceType"])

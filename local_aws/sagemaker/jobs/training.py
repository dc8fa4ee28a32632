"""Training jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from typing import Any

from ministack.core.responses import get_region

from local_aws.images.catalogue import Image, resolve
from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.jobs import debugger, hosts, lifecycle, training_artifacts
from local_aws.sagemaker.jobs.failures import algorithm_failure
from local_aws.sagemaker.jobs.hosts import Host
from local_aws.sagemaker.jobs.lifecycle import Job, JobStoppedError
from local_aws.sagemaker.jobs.metrics import LogMetrics
from local_aws.sagemaker.jobs.training_containers import command, environment, lay_out
from local_aws.sagemaker.jobs.training_status import enter, note_end, transition
from local_aws.sagemaker.kinds import TRAINING_JOB
from local_aws.sagemaker.rules import jobs as rules
from local_aws.sagemaker.rules.debugger import check_debugger

_DEFAULT_MAX_RUNTIME_SECONDS = 24 * 3600
_COMPLETED = ("Completed", "Training job completed")
_STOPPED = ("Stopped", "Training job stopped")
_TIMED_OUT = ("MaxRuntimeExceeded", "Training job exceeded MaxRuntimeInSeconds")


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateTrainingJob."""
    return launch(params)


def launch(params: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a training job as CreateTrainingJob does, with `more` in its record."""
    image = rules.check_training_job(params)
    check_debugger(params)
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
    record["SecondaryStatusTransitions"] = [transition("Starting", "Launching requested ML instances")]
    lifecycle.start(TRAINING_JOB, record, params["RoleArn"], _train)
    return {"TrainingJobArn": record["TrainingJobArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeTrainingJob."""
    record = store.get(TRAINING_JOB, params["TrainingJobName"])
    return model.answer("DescribeTrainingJob", debugger.with_rule_statuses(record))


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
    all_hosts = hosts.of(job)
    end = ("Failed", "Training job failed")
    try:
        enter(job, "Downloading", "Downloading input data")
        for host in all_hosts:
            lay_out(job, host, all_hosts)
            debugger.write_hook_config(job, host.filesystem)
        enter(job, "Training", "Training image download completed. Training in progress.")
        _run(job, image, all_hosts, metrics)
        enter(job, "Uploading", "Uploading generated training model")
        training_artifacts.upload(job, all_hosts)
        debugger.hand_over(job, all_hosts[0].filesystem)
        end = _COMPLETED
    except JobStoppedError as stopped:
        training_artifacts.upload(job, all_hosts)
        end = _TIMED_OUT if stopped.timed_out else _STOPPED
        raise
    finally:
        for host in all_hosts:
            host.close()
        note_end(job, metrics, *end)


def _run(job: Job, image: Image, all_hosts: list[Host], metrics: LogMetrics) -> None:
    def on_line(host: Host, line: str) -> None:
        metrics.read(line)
        host.log(line)

    environments = {host: environment(job, host, all_hosts) for host in all_hosts}
    seconds = job.record["StoppingCondition"].get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME_SECONDS)
    host, code = hosts.run(job, image, command(job, image), environments, seconds, on_line)
    if code:
        raise algorithm_failure(host.filesystem.ml / "output" / "failure", host.last_line, code)


def _metric_definitions(params: dict[str, Any], image: Image) -> list[dict[str, str]]:
    own = [{"Name": name, "Regex": regex} for name, regex in image.metrics.items()]
    given: list[dict[str, str]] = params["AlgorithmSpecification"].get("MetricDefinitions", [])
    named = {definition["Name"] for definition in given}
    return [definition for definition in own if definition["Name"] not in named] + given

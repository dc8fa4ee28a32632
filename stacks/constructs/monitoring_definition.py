"""The monitoring state machine of one workload: what its endpoint was asked in an hour or a day, compared
with its model's test set.

FindEndpoint -> FindPackage -> DescribePackage -> FindCaptures -> Compare -> ReadDrift -> PublishMetrics.
Input: nothing, for the hour or day before; or {"window": "2026/11/21/09"}, a day or an hour in UTC. Where
nothing serves, or nothing was asked, there is nothing to compare, and no metric.
"""

from typing import Any

from settings.environment import Environment
from settings.monitoring import Monitoring
from settings.workload import Workload
from stacks.constructs.endpoint_states import ENDPOINT_LOOK, find_endpoint
from stacks.constructs.job_parts import (
    PROCESSING,
    JobParts,
    processing_cluster,
    streams,
)
from stacks.constructs.job_states import script_request
from stacks.constructs.model_states import PACKAGE_GROUP
from stacks.constructs.run_records import read_document
from stacks.constructs.states import (
    API_CALL_SECONDS,
    S3_ERRORS,
    State,
    call_sagemaker,
    catch,
    choose,
    expression,
    fail_with,
    failure_states,
    run_job,
    task,
)

METRIC_NAMESPACE = "SageMakerPlatform/Drift"
DRIFTED_FEATURES = "DriftedFeatures"
COMPARISONS = "monitoring/"

_CLOUDWATCH_ERRORS = ["CloudWatch.CloudWatchException", "CloudWatch.SdkClientException"]
_GIVEN = "$states.context.Execution.Input.window"
_WINDOW = "/^[0-9]{4}\\/[0-9]{2}\\/[0-9]{2}(\\/[0-9]{2})?$/"
_CAPTURES = "${CapturePrefix}' & $window & '/"
_JOB = "$name & '-drift'"
_DRIFT_KEY = "'${DriftPrefix}' & $window & '/drift.json'"


def drift_prefix(workload: Workload) -> str:
    """Where in the artifacts bucket the comparisons lie."""
    return f"{COMPARISONS}{workload.name}/"


def monitoring_definition(
    workload: Workload, monitoring: Monitoring, environment: Environment, *, code_prefix: str
) -> dict[str, Any]:
    """Write the definition; `code_prefix` is in the artifacts bucket and ends in a slash."""
    parts = JobParts(
        workload=workload,
        environment=environment,
        code_uri="s3://${ArtifactsBucket}/" + code_prefix,
        plotting_uri="",
    )
    states = (
        _window_states(monitoring)
        | _model_states()
        | _comparison_states(parts, monitoring)
        | failure_states(f"{workload.name}: monitoring failed")
    )
    return {
        "Comment": f"Compare what the endpoint of {workload.name} was asked with its model's test set",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": sum(
            state.get("TimeoutSeconds", 0) for state in states.values() if state["Type"] == "Task"
        ),
        "StartAt": "ChooseWindow",
        "States": states,
    }


def _window_states(monitoring: Monitoring) -> dict[str, State]:
    started = "$toMillis($states.context.Execution.StartTime)"
    picture = "[Y0001]/[M01]/[D01]" + ("/[H01]" if monitoring.every == "hour" else "")
    before = f"$fromMillis({started} - {monitoring.hours * 3600 * 1000}, '{picture}')"
    return {
        "ChooseWindow": {
            "Type": "Pass",
            "Assign": {
                "name": expression(
                    "'${EndpointName}-' & $substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 12)"
                ),
                "window": expression(f"$exists({_GIVEN}) ? $string({_GIVEN}) : {before}"),
            },
            "Next": "IsWindow",
        },
        "IsWindow": choose(f"$contains($window, {_WINDOW})", "FindEndpoint", "InvalidWindow"),
        "InvalidWindow": fail_with(
            "ChooseWindow",
            "InvalidExecutionInput",
            "'window is ' & $window & '; it is a day or an hour in UTC like 2026/11/21 or 2026/11/21/09'",
            look="'the execution input'",
        ),
    }


def _model_states() -> dict[str, State]:
    """Which run the model comes from that serves."""
    return {
        "FindEndpoint": find_endpoint(
            catch("FindEndpoint", ENDPOINT_LOOK, "NotifyFailure"), "IsServing", counting=False
        ),
        "IsServing": choose("$status = 'InService'", "FindPackage", "NothingServes"),
        "NothingServes": _ended("NothingServes"),
        "FindPackage": call_sagemaker(
            "listTags",
            {"ResourceArn": "${EndpointArn}"},
            assign={"package": expression("$states.result.Tags[Key = 'model-package-arn'].Value")},
            catching=catch("FindPackage", ENDPOINT_LOOK, "NotifyFailure"),
            following="DescribePackage",
        ),
        "DescribePackage": call_sagemaker(
            "describeModelPackage",
            {"ModelPackageName": expression("$package")},
            assign={"model_run": expression("$states.result.CustomerMetadataProperties.run")},
            catching=catch("DescribePackage", PACKAGE_GROUP, "NotifyFailure"),
            following="FindCaptures",
        ),
    }


def _comparison_states(parts: JobParts, monitoring: Monitoring) -> dict[str, State]:
    found = "$parse($states.result.Body)"
    return {
        # A job whose input is empty would fail.
        "FindCaptures": task(
            "aws-sdk:s3:listObjectsV2",
            {"Bucket": "${DataBucket}", "Prefix": expression(f"'{_CAPTURES}'"), "MaxKeys": 1},
            timeout_seconds=API_CALL_SECONDS,
            errors=S3_ERRORS,
            assign={"captures": expression("$states.result.KeyCount")},
            catching=catch("FindCaptures", f"'the objects below {_CAPTURES}'", "NotifyFailure"),
            following="WasAsked",
        ),
        "WasAsked": choose("$captures > 0", "Compare", "NothingCaptured"),
        "NothingCaptured": _ended("NothingCaptured"),
        "Compare": _comparison(parts, monitoring),
        "ReadDrift": read_document(
            "ReadDrift",
            "ArtifactsBucket",
            _DRIFT_KEY,
            assign={
                "records": expression(f"{found}.records"),
                "drifted": expression(f"[{found}.drifted]"),
                "enough": expression(f"{found}.records >= {found}.minimum_records"),
            },
            following="IsEnough",
        ),
        "IsEnough": choose("$enough", "PublishMetrics", "TooFewRecords"),
        "TooFewRecords": _compared("'TooFewRecords'"),
        "PublishMetrics": _publish_metrics(),
        "Compared": _compared("$count($drifted) > 0 ? 'Drift' : 'NoDrift'"),
    }


def _comparison(parts: JobParts, monitoring: Monitoring) -> State:
    workload, seconds = parts.workload, monitoring.max_runtime_minutes * 60
    processed = f"'s3://${{DataBucket}}/processed/{workload.name}/' & $model_run & "
    sources = {
        "code": parts.code_uri,
        "captured": expression(f"'s3://${{DataBucket}}/{_CAPTURES}'"),
        "test": expression(processed + "'/test/'"),
        "encoder": expression(processed + "'/encoder/'"),
    }
    folders = [part for name in list(sources)[1:] for part in (f"--{name}", f"{PROCESSING}/input/{name}")]
    limits = {
        "--largest-distance": monitoring.largest_distance,
        "--minimum-records": monitoring.minimum_records,
    }
    return run_job(
        "createProcessingJob",
        script_request(
            parts,
            name=_JOB,
            entrypoint=["python3", "-m", "library.drift"],
            arguments=[*folders, *(str(part) for limit in limits.items() for part in limit)],
            variables={"PYTHONPATH": f"{PROCESSING}/input/code"},
            sources=sources,
            output=expression("'s3://${ArtifactsBucket}/${DriftPrefix}' & $window"),
            cluster=processing_cluster(
                instance_type=monitoring.instance_type,
                instance_count=monitoring.instance_count,
                volume_gb=monitoring.volume_gb,
            ),
            seconds=seconds,
        ),
        max_runtime_seconds=seconds,
        catching=catch("Compare", streams("ProcessingJobs", _JOB), "NotifyFailure"),
        following="ReadDrift",
    )


def _publish_metrics() -> State:
    values = {"CapturedRecords": "$records", DRIFTED_FEATURES: "$count($drifted)"}
    return task(
        "aws-sdk:cloudwatch:putMetricData",
        {
            "Namespace": METRIC_NAMESPACE,
            "MetricData": [
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "Endpoint", "Value": "${EndpointName}"}],
                    "Unit": "Count",
                    "Value": expression(value),
                }
                for name, value in values.items()
            ],
        },
        timeout_seconds=API_CALL_SECONDS,
        errors=_CLOUDWATCH_ERRORS,
        catching=catch("PublishMetrics", f"'the metrics of {METRIC_NAMESPACE}'", "NotifyFailure"),
        following="Compared",
    )


def _ended(outcome: str) -> State:
    return {"Type": "Succeed", "Output": {"outcome": outcome, "window": expression("$window")}}


def _compared(outcome: str) -> State:
    return {
        "Type": "Succeed",
        "Output": {
            "outcome": expression(outcome),
            "window": expression("$window"),
            "records": expression("$records"),
            "drifted": expression("$drifted"),
            "drift_uri": expression(f"'s3://${{ArtifactsBucket}}/' & {_DRIFT_KEY}"),
        },
    }

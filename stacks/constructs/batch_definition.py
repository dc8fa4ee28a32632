"""The batch state machine of one workload: a file in, its predictions by the newest approved model out.

Input: {"input_uri": "s3://<data bucket>/uploads/<workload>/batch/…", "join": true}. `join`, false where it is
left out, puts each record before its prediction.
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from typing import Any

from settings.environment import Environment
from settings.uploads import batch_prefix
from settings.workload import Workload
from stacks.constructs.job_parts import streams, workload_tags
from stacks.constructs.job_states import TRANSFORM_SECONDS
from stacks.constructs.model_states import (
    PACKAGE_GROUP,
    create_model,
    delete_model_states,
    find_newest_approved,
)
from stacks.constructs.states import (
    API_CALL_SECONDS,
    State,
    catch,
    choose,
    expression,
    fail_with,
    failure_states,
    run_job,
)

_JOIN = "$exists($states.context.Execution.Input.join) and $states.context.Execution.Input.join = true"
_MODEL = "$name & '-batch'"


def batch_definition(workload: Workload, environment: Environment) -> dict[str, Any]:
    """Write the definition."""
    states = (
        _package_states(workload)
        | _prediction_states(workload, environment)
        | failure_states(f"{workload.name}: batch prediction failed")
    )
    return {
        "Comment": f"Predict a file's records by the newest approved model of {workload.name}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TRANSFORM_SECONDS + 60 * API_CALL_SECONDS,
        "StartAt": "ReadInput",
        "States": states,
    }


def _package_states(workload: Workload) -> dict[str, State]:
    given = "$states.context.Execution.Input.input_uri"
    allowed = f"s3://${{DataBucket}}/{batch_prefix(workload)}"
    return {
        "ReadInput": {
            "Type": "Pass",
            "Assign": {
                "name": expression(
                    "'${ResourceName}-' & $substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 12)"
                ),
                "input_uri": expression(f"$exists({given}) ? $string({given}) : ''"),
            },
            "Next": "IsInputOurs",
        },
        "IsInputOurs": choose(
            f"$substring($input_uri, 0, $length('{allowed}')) = '{allowed}'",
            "FindPackage",
            "InvalidInput",
        ),
        "InvalidInput": fail_with(
            "ReadInput",
            "InvalidExecutionInput",
            f"'input_uri is ' & ($input_uri = '' ? 'missing' : $input_uri) & '; it begins with {allowed}'",
            look="'the execution input'",
        ),
        "FindPackage": find_newest_approved("FindPackage", variable="packages", following="IsThereAPackage"),
        "IsThereAPackage": choose("$count($packages) > 0", "CreateModel", "NoApprovedModel"),
        "NoApprovedModel": fail_with(
            "FindPackage",
            "NoApprovedModel",
            f"'no model of {workload.name} is approved; train one'",
            look=PACKAGE_GROUP,
        ),
    }


def _prediction_states(workload: Workload, environment: Environment) -> dict[str, State]:
    output = f"'s3://${{ArtifactsBucket}}/batch/{workload.name}/' & $substring($name, -12)"
    look = streams("TransformJobs", _MODEL)
    return {
        "CreateModel": create_model(
            workload,
            environment,
            name=_MODEL,
            role="BatchRoleArn",
            container={"ModelPackageName": expression("$packages[0]")},
            following="Transform",
        ),
        "Transform": run_job(
            "createTransformJob",
            {
                "TransformJobName": expression(_MODEL),
                "ModelName": expression(_MODEL),
                "BatchStrategy": "MultiRecord",
                "MaxPayloadInMB": workload.transform.max_payload_mb,
                "MaxConcurrentTransforms": workload.transform.max_concurrency,
                "DataProcessing": {"JoinSource": expression(f"{_JOIN} ? 'Input' : 'None'")},
                "TransformInput": {
                    "ContentType": workload.inference.content_type,
                    "SplitType": "Line",
                    "DataSource": {
                        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": expression("$input_uri")}
                    },
                },
                "TransformOutput": {
                    "Accept": workload.inference.accept,
                    "AssembleWith": "Line",
                    "S3OutputPath": expression(output),
                    "KmsKeyId": "${KeyArn}",
                },
                "TransformResources": {
                    "InstanceType": workload.transform.instance_type,
                    "InstanceCount": workload.transform.instance_count,
                    "VolumeKmsKeyId": "${KeyArn}",
                },
                "Tags": workload_tags(workload, environment),
            },
            max_runtime_seconds=TRANSFORM_SECONDS,
            catching=catch("Transform", look, "DeleteModelOfFailure"),
            following="DeleteModel",
        ),
        **delete_model_states(_MODEL, following="Predicted"),
        "Predicted": {
            "Type": "Succeed",
            "Output": {
                "workload": workload.name,
                "input_uri": expression("$input_uri"),
                "output_uri": expression(f"{output} & '/' & $split($input_uri, '/')[-1] & '.out'"),
                "model_package_arn": expression("$packages[0]"),
            },
        },
    }

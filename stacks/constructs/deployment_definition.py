"""The deployment state machine of one workload: an approved model package in, a serving endpoint out.

One deployment is at work at a time, in the order of their starts: two that changed the endpoint in turns
would each take the other's model for a failure of its own.
Model and endpoint configuration are made first, under names of this execution; then, once the endpoint is
at rest, it is created or updated and watched. Only a new model that has answered its recorded sample is
kept: otherwise the endpoint goes back to what it served, and what this execution made is deleted.
"""

from typing import Any

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.job_parts import capture_prefix, workload_tags
from stacks.constructs.model_states import PACKAGE_GROUP, create_model
from stacks.constructs.states import (
    API_CALL_SECONDS,
    SFN_ERRORS,
    State,
    call_sagemaker,
    catch,
    choose,
    expression,
    fail_with,
    failure_states,
    invoke,
    task,
    wait,
)

SMOKE_SECONDS = 90
TURN_EVERY_SECONDS = 10
LOOK_EVERY_SECONDS = 15
MOST_LOOKS = 240  # an hour; SageMaker gives up on an endpoint before that
MOST_CONFLICTS = 3
VARIANT = "AllTraffic"

_NO_PREVIOUS = {"previous_config": expression("''"), "previous_model": expression("''")}
_CHANGING = "['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting']"
_ENDPOINT_LOOK = "'the endpoint ${EndpointName}, log group /aws/sagemaker/Endpoints/${EndpointName}'"


def deployment_definition(workload: Workload, environment: Environment) -> dict[str, Any]:
    """Write the definition."""
    tags = workload_tags(workload, environment)
    states = (
        _turn_states()
        | _package_states()
        | _making_states(workload, environment, tags)
        | _finding_states()
        | _changing_states(tags)
        | _accepting_states()
        | _restoring_states()
        | failure_states(f"{workload.name}: deployment failed")
    )
    return {
        "Comment": f"Deploy an approved model package of {workload.name} to its endpoint",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 4 * MOST_LOOKS * LOOK_EVERY_SECONDS,
        "StartAt": "WaitForTurn",
        "States": states,
    }


def _turn_states() -> dict[str, State]:
    """Wait until this is the oldest deployment that runs; one that was aborted runs no more.

    The wait comes first, since the list may be some seconds late:
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
    """
    return {
        "WaitForTurn": wait(TURN_EVERY_SECONDS, "ListDeployments"),
        "ListDeployments": task(
            "aws-sdk:sfn:listExecutions",
            {
                "StateMachineArn": expression("$states.context.StateMachine.Id"),
                "StatusFilter": "RUNNING",
                "MaxResults": 1000,
            },
            timeout_seconds=API_CALL_SECONDS,
            errors=SFN_ERRORS,
            # The newest comes first. While none is listed, not even this one, it is nobody's turn.
            assign={
                "oldest": expression(
                    "$count($states.result.Executions) = 0 ? '' : $states.result.Executions[-1].ExecutionArn"
                )
            },
            catching=catch("ListDeployments", "'the executions of this state machine'", "NotifyFailure"),
            following="IsMyTurn",
        ),
        "IsMyTurn": choose("$oldest = $states.context.Execution.Id", "DescribePackage", "WaitForTurn"),
    }


def _package_states() -> dict[str, State]:
    approved_at = "$exists($states.context.Execution.Input.time) ? $states.context.Execution.Input.time : "
    return {
        "DescribePackage": call_sagemaker(
            "describeModelPackage",
            {"ModelPackageName": expression("$states.context.Execution.Input.detail.ModelPackageArn")},
            assign={
                "package": expression(
                    "{'arn': $states.result.ModelPackageArn, 'group': $states.result.ModelPackageGroupName,"
                    " 'status': $states.result.ModelApprovalStatus,"
                    " 'sample_uri': $states.result.CustomerMetadataProperties.sample_uri}"
                ),
                "name": expression(
                    "'${EndpointName}-' & $substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 12)"
                ),
                "approved_at": expression(f"{approved_at}$states.context.Execution.StartTime"),
                **_NO_PREVIOUS,
                "looks": 0,
                "conflicts": 0,
            },
            catching=catch("DescribePackage", PACKAGE_GROUP, "NotifyFailure"),
            following="IsApproved",
        ),
        "IsApproved": choose(
            "$package.status = 'Approved' and $package.group = '${ModelPackageGroupName}'",
            "CreateModel",
            "NotApproved",
        ),
        "NotApproved": fail_with(
            "IsApproved",
            "NotApproved",
            "$package.arn & ' is ' & $package.status & ' in the group ' & $package.group"
            " & '; only an approved package of ${ModelPackageGroupName} is deployed'",
            look=PACKAGE_GROUP,
        ),
    }


def _making_states(
    workload: Workload, environment: Environment, tags: list[dict[str, str]]
) -> dict[str, State]:
    serverless = workload.serving.type == "serverless"
    return {
        "CreateModel": create_model(
            workload,
            environment,
            name="$name",
            role="HostingRoleArn",
            container={"ModelPackageName": expression("$package.arn")},
            following="CreateEndpointConfig",
            isolated=not serverless,  # a serverless endpoint refuses models with network isolation
        ),
        "CreateEndpointConfig": call_sagemaker(
            "createEndpointConfig",
            {
                "EndpointConfigName": expression("$name"),
                "ProductionVariants": [_variant(workload)],
                **({} if serverless else {"KmsKeyId": "${KeyArn}"}),
                **_data_capture(workload),
                "Tags": tags,
            },
            catching=catch("CreateEndpointConfig", "'the endpoint configuration ' & $name", "DeleteNewModel"),
            following="FindEndpoint",
        ),
    }


def _data_capture(workload: Workload) -> dict[str, Any]:
    """Where the monitoring finds what the endpoint was asked and answered."""
    if not workload.monitoring:
        return {}
    return {
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": workload.monitoring.sampling_percentage,
            "DestinationS3Uri": "s3://${DataBucket}/" + capture_prefix(workload).rstrip("/"),
            "KmsKeyId": "${KeyArn}",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json"],
            },
        }
    }


def _variant(workload: Workload) -> dict[str, Any]:
    serving = workload.serving
    variant = {"VariantName": VARIANT, "ModelName": expression("$name")}
    if serving.type == "serverless":
        limits = {"MemorySizeInMB": serving.memory_mb, "MaxConcurrency": serving.max_concurrency}
        return variant | {"ServerlessConfig": limits}
    return variant | {
        "InstanceType": serving.instance_type,
        "InitialInstanceCount": serving.instance_count,
        "InitialVariantWeight": 1,
    }


def _finding_states() -> dict[str, State]:
    """Learn what serves now, once it is at rest."""
    mine = "$states.result.Endpoints[EndpointName = '${EndpointName}']"
    return {
        # A list instead of a describe: a missing endpoint is an empty list, not an error to interpret.
        "FindEndpoint": call_sagemaker(
            "listEndpoints",
            {"NameContains": "${EndpointName}", "MaxResults": 100},
            assign={
                "status": expression(f"$count({mine}) = 0 ? 'Absent' : {mine}.EndpointStatus"),
                "looks": expression("$looks + 1"),
            },
            catching=catch("FindEndpoint", _ENDPOINT_LOOK, "DeleteNewConfig"),
            following="IsAtRest",
        ),
        "IsAtRest": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$status = 'Absent'"), "Next": "CreateEndpoint"},
                {"Condition": expression("$status = 'InService'"), "Next": "DescribePrevious"},
                {"Condition": expression("$status = 'Failed'"), "Next": "DeleteFailedEndpoint"},
                {
                    "Condition": expression(f"$status in {_CHANGING} and $looks < {MOST_LOOKS}"),
                    "Next": "WaitForRest",
                },
            ],
            "Default": "NeverAtRest",
        },
        "WaitForRest": wait(LOOK_EVERY_SECONDS, "FindEndpoint"),
        "NeverAtRest": fail_with(
            "FindEndpoint",
            "EndpointNotAtRest",
            "'the endpoint is ' & $status",
            look=_ENDPOINT_LOOK,
            following="DeleteNewConfig",
        ),
        "DeleteFailedEndpoint": call_sagemaker(
            "deleteEndpoint",
            {"EndpointName": "${EndpointName}"},
            catching=catch("DeleteFailedEndpoint", _ENDPOINT_LOOK, "DeleteNewConfig"),
            following="WaitForRest",
        ),
        "DescribePrevious": call_sagemaker(
            "describeEndpoint",
            {"EndpointName": "${EndpointName}"},
            assign={"serving_config": expression("$states.result.EndpointConfigName")},
            catching=catch("DescribePrevious", _ENDPOINT_LOOK, "DeleteNewConfig"),
            following="IsOwn",
        ),
        # A create or update may have reached SageMaker although its answer was lost.
        "IsOwn": choose("$serving_config = $name", "DescribeEndpoint", "DescribePreviousConfig"),
        "DescribePreviousConfig": call_sagemaker(
            "describeEndpointConfig",
            {"EndpointConfigName": expression("$serving_config")},
            assign={
                "previous_config": expression("$states.result.EndpointConfigName"),
                "previous_model": expression("$states.result.ProductionVariants[0].ModelName"),
            },
            catching=catch("DescribePreviousConfig", _ENDPOINT_LOOK, "DeleteNewConfig"),
            following="ReadRecord",
        ),
        "ReadRecord": call_sagemaker(
            "listTags",
            {"ResourceArn": "${EndpointArn}"},
            assign={
                "recorded_at": expression(
                    "$count($states.result.Tags[Key = 'approved-at']) = 0"
                    " ? '1970-01-01T00:00:00Z' : $states.result.Tags[Key = 'approved-at'].Value"
                )
            },
            catching=catch("ReadRecord", _ENDPOINT_LOOK, "DeleteNewConfig"),
            following="IsSuperseded",
        ),
        # Two approvals may deploy at once: the later approval wins, whichever comes here last.
        "IsSuperseded": choose(
            "$toMillis($recorded_at) > $toMillis($approved_at)", "DeleteSupersededConfig", "UpdateEndpoint"
        ),
        "DeleteSupersededConfig": _delete(
            "deleteEndpointConfig", "EndpointConfigName", "$name", "DeleteSupersededModel"
        ),
        "DeleteSupersededModel": _delete("deleteModel", "ModelName", "$name", "Superseded"),
        "Superseded": {
            "Type": "Succeed",
            "Output": {
                "outcome": "Superseded",
                "model_package_arn": expression("$package.arn"),
                "serving_since": expression("$recorded_at"),
            },
        },
    }


def _changing_states(tags: list[dict[str, str]]) -> dict[str, State]:
    endpoint = {"EndpointName": "${EndpointName}", "EndpointConfigName": expression("$name")}
    return {
        "CreateEndpoint": call_sagemaker(
            "createEndpoint",
            {**endpoint, "Tags": tags},
            assign={"looks": 0, **_NO_PREVIOUS},
            catching=_conflict("CreateEndpoint"),
            following="WaitForEndpoint",
        ),
        "UpdateEndpoint": call_sagemaker(
            "updateEndpoint",
            endpoint,
            assign={"looks": 0},
            catching=_conflict("UpdateEndpoint"),
            following="WaitForEndpoint",
        ),
        # Another deployment may have been quicker: look again, a few times, before giving up.
        "IsConflict": choose(f"$conflicts < {MOST_CONFLICTS}", "WaitForRest", "DeleteNewConfig"),
        "WaitForEndpoint": wait(LOOK_EVERY_SECONDS, "DescribeEndpoint"),
        "DescribeEndpoint": call_sagemaker(
            "describeEndpoint",
            {"EndpointName": "${EndpointName}"},
            assign=_what_serves(),
            catching=catch("DescribeEndpoint", _ENDPOINT_LOOK, "IsCreated"),
            following="IsServing",
        ),
        "IsServing": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": expression("$status = 'InService' and $serving_config = $name"),
                    "Next": "SmokePrediction",
                },
                {
                    "Condition": expression(f"$status in {_CHANGING} and $looks < {MOST_LOOKS}"),
                    "Next": "WaitForEndpoint",
                },
            ],
            "Default": "EndpointRefused",
        },
        "EndpointRefused": fail_with(
            "UpdateEndpoint",
            "EndpointNotInService",
            "'the endpoint is ' & $status & ' with the configuration ' & $serving_config & '. ' & $reason",
            look=_ENDPOINT_LOOK,
            following="IsCreated",
        ),
    }


def _accepting_states() -> dict[str, State]:
    return {
        "SmokePrediction": invoke(
            "SmokePredictionFunctionArn",
            {"endpoint_name": "${EndpointName}", "sample_uri": expression("$package.sample_uri")},
            timeout_seconds=SMOKE_SECONDS + 30,
            catching=catch("SmokePrediction", _ENDPOINT_LOOK, "IsCreated"),
            following="Record",
        ),
        "Record": call_sagemaker(
            "addTags",
            {
                "ResourceArn": "${EndpointArn}",
                "Tags": [
                    {"Key": "model-package-arn", "Value": expression("$package.arn")},
                    {"Key": "approved-at", "Value": expression("$approved_at")},
                ],
            },
            catching=catch("Record", _ENDPOINT_LOOK, "IsCreated"),
            following="HasPrevious",
        ),
        "HasPrevious": choose("$previous_config = ''", "Deployed", "DeletePreviousConfig"),
        "DeletePreviousConfig": _delete(
            "deleteEndpointConfig", "EndpointConfigName", "$previous_config", "DeletePreviousModel"
        ),
        "DeletePreviousModel": _delete("deleteModel", "ModelName", "$previous_model", "Deployed"),
        "Deployed": {
            "Type": "Succeed",
            "Output": {
                "outcome": "Deployed",
                "endpoint": "${EndpointName}",
                "endpoint_config": expression("$name"),
                "model_package_arn": expression("$package.arn"),
            },
        },
    }


def _restoring_states() -> dict[str, State]:
    return {
        "IsCreated": choose("$previous_config = ''", "DeleteNewEndpoint", "LookBeforeRestore"),
        "DeleteNewEndpoint": _delete(
            "deleteEndpoint", "EndpointName", "'${EndpointName}'", "DeleteNewConfig"
        ),
        # A failed update goes back to the previous configuration by itself.
        "LookBeforeRestore": call_sagemaker(
            "describeEndpoint",
            {"EndpointName": "${EndpointName}"},
            assign=_what_serves() | {"looks": 0},
            catching=[{"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}],
            following="IsRestored",
        ),
        "IsRestored": choose("$serving_config = $previous_config", "DeleteNewConfig", "Restore"),
        "Restore": call_sagemaker(
            "updateEndpoint",
            {"EndpointName": "${EndpointName}", "EndpointConfigName": expression("$previous_config")},
            catching=[{"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}],
            following="WaitForRestore",
        ),
        "WaitForRestore": wait(LOOK_EVERY_SECONDS, "DescribeRestored"),
        "DescribeRestored": call_sagemaker(
            "describeEndpoint",
            {"EndpointName": "${EndpointName}"},
            assign=_what_serves(),
            catching=[{"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}],
            following="IsBack",
        ),
        # What may still serve is left to the clean-up of the stack.
        "IsBack": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": expression(f"$status in {_CHANGING} and $looks < {MOST_LOOKS}"),
                    "Next": "WaitForRestore",
                },
                {"Condition": expression("$serving_config = $previous_config"), "Next": "DeleteNewConfig"},
            ],
            "Default": "NotifyFailure",
        },
        "DeleteNewConfig": _delete("deleteEndpointConfig", "EndpointConfigName", "$name", "DeleteNewModel"),
        "DeleteNewModel": _delete("deleteModel", "ModelName", "$name", "NotifyFailure"),
    }


def _what_serves() -> dict[str, str]:
    return {
        "status": expression("$states.result.EndpointStatus"),
        "serving_config": expression(
            "$exists($states.result.EndpointConfigName) ? $states.result.EndpointConfigName : 'none'"
        ),
        "reason": expression(
            "$exists($states.result.FailureReason) ? $states.result.FailureReason : 'no reason given'"
        ),
        "looks": expression("$looks + 1"),
    }


def _conflict(state: str) -> list[State]:
    catching = catch(state, _ENDPOINT_LOOK, "IsConflict")
    catching[0]["Assign"]["conflicts"] = expression("$conflicts + 1")
    return catching


def _delete(action: str, field: str, name: str, following: str) -> State:
    """Delete a leftover; one that can't be deleted waits for the clean-up of the stack."""
    catching = [{"ErrorEquals": ["States.ALL"], "Next": following}]
    return call_sagemaker(action, {field: expression(name)}, catching=catching, following=following)

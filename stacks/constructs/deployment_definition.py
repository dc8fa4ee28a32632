"""The deployment state machine of one workload: an approved model package in, a serving endpoint out.

One deployment is at work at a time, in the order of their starts: two that changed the endpoint in turns
would each take the other's model for a failure of its own.
Model and endpoint configuration are made first, under names of this execution; then, once the endpoint is
at rest, it is created or updated and watched. Only a new model that has answered its recorded sample is
kept: otherwise the endpoint goes back to what it served, and what this execution made is deleted.
An input {"switch": "off"} or {"switch": "on"} takes its turn in the same way (switch_states.py).
"""

from typing import Any

from settings.environment import Environment
from settings.serving import AutoScaling
from settings.workload import Workload
from stacks.constructs.endpoint_states import (
    ENDPOINT,
    ENDPOINT_LOOK,
    LOOK_EVERY_SECONDS,
    delete_leftover,
    find_endpoint,
    most_looks,
    still_changing,
)
from stacks.constructs.job_parts import capture_prefix, workload_tags
from stacks.constructs.log_states import log_states
from stacks.constructs.model_states import PACKAGE_GROUP, create_model
from stacks.constructs.restoring_states import restoring_states, what_serves
from stacks.constructs.rollback_states import rollback_states, update_options
from stacks.constructs.scaling_states import VARIANT, register_scaling, stop_scaling, track_invocations
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
from stacks.constructs.switch_states import IS_OFF, forget_kept, switch_states

SMOKE_SECONDS = 90
TURN_EVERY_SECONDS = 10
MOST_CONFLICTS = 3

_NO_PREVIOUS = {"previous_config": expression("''"), "previous_model": expression("''")}


def deployment_definition(workload: Workload, environment: Environment) -> dict[str, Any]:
    """Write the definition."""
    tags = workload_tags(workload, environment)
    looks = most_looks(workload)
    states = (
        _turn_states()
        | switch_states(workload, deploying="DescribePackage", bringing_back="FindEndpoint")
        | _package_states()
        | log_states(environment, following="CreateModel")
        | _making_states(workload, environment, tags)
        | _finding_states(looks)
        | _changing_states(workload, tags)
        | _accepting_states(workload)
        | restoring_states(workload)
        | failure_states(f"{workload.name}: deployment failed")
    )
    return {
        "Comment": f"Deploy an approved model package of {workload.name} to its endpoint",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 4 * looks * LOOK_EVERY_SECONDS,
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
        "IsMyTurn": choose("$oldest = $states.context.Execution.Id", "ReadSwitch", "WaitForTurn"),
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
            "CreateLogGroup",
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
        if serving.provisioned_concurrency is not None:
            limits["ProvisionedConcurrency"] = serving.provisioned_concurrency
        return variant | {"ServerlessConfig": limits}
    return variant | {
        "InstanceType": serving.instance_type,
        "InitialInstanceCount": serving.instance_count,
        "InitialVariantWeight": 1,
    }


def _finding_states(looks: int) -> dict[str, State]:
    """Learn what serves now, once it is at rest."""
    return {
        "FindEndpoint": find_endpoint(catch("FindEndpoint", ENDPOINT_LOOK, "IsKept"), "IsAtRest"),
        "IsAtRest": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$status = 'Absent'"), "Next": "CreateEndpoint"},
                {"Condition": expression("$status = 'InService'"), "Next": "DescribePrevious"},
                {"Condition": expression("$status = 'Failed'"), "Next": "DeleteFailedEndpoint"},
                {"Condition": expression(still_changing(looks)), "Next": "WaitForRest"},
            ],
            "Default": "NeverAtRest",
        },
        "WaitForRest": wait(LOOK_EVERY_SECONDS, "FindEndpoint"),
        "NeverAtRest": fail_with(
            "FindEndpoint",
            "EndpointNotAtRest",
            "'the endpoint is ' & $status",
            look=ENDPOINT_LOOK,
            following="IsKept",
        ),
        "DeleteFailedEndpoint": call_sagemaker(
            "deleteEndpoint",
            ENDPOINT,
            catching=catch("DeleteFailedEndpoint", ENDPOINT_LOOK, "IsKept"),
            following="WaitForRest",
        ),
        "DescribePrevious": call_sagemaker(
            "describeEndpoint",
            ENDPOINT,
            assign={"serving_config": expression("$states.result.EndpointConfigName")},
            catching=catch("DescribePrevious", ENDPOINT_LOOK, "IsKept"),
            following="IsOwn",
        ),
        # A create or update may have reached SageMaker although its answer was lost.
        "IsOwn": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$serving_config = $name"), "Next": "DescribeEndpoint"},
                {"Condition": expression(IS_OFF), "Next": "ServesAnother"},
            ],
            "Default": "DescribePreviousConfig",
        },
        "ServesAnother": fail_with(
            "FindEndpoint",
            "ServesAnother",
            "'the endpoint was switched off and made anew by hand, with the configuration ' & $serving_config"
            " & '; switch it off again to keep that one'",
            look=ENDPOINT_LOOK,
        ),
        "DescribePreviousConfig": call_sagemaker(
            "describeEndpointConfig",
            {"EndpointConfigName": expression("$serving_config")},
            assign={
                "previous_config": expression("$states.result.EndpointConfigName"),
                "previous_model": expression("$states.result.ProductionVariants[0].ModelName"),
            },
            catching=catch("DescribePreviousConfig", ENDPOINT_LOOK, "IsKept"),
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
            catching=catch("ReadRecord", ENDPOINT_LOOK, "IsKept"),
            following="IsSuperseded",
        ),
        # Two approvals may deploy at once: the later approval wins, whichever comes here last.
        "IsSuperseded": choose(
            "$toMillis($recorded_at) > $toMillis($approved_at)", "DeleteSupersededConfig", "StopScaling"
        ),
        "DeleteSupersededConfig": delete_leftover(
            "deleteEndpointConfig", "EndpointConfigName", "$name", "DeleteSupersededModel"
        ),
        "DeleteSupersededModel": delete_leftover("deleteModel", "ModelName", "$name", "Superseded"),
        "Superseded": {
            "Type": "Succeed",
            "Output": {
                "outcome": "Superseded",
                "model_package_arn": expression("$package.arn"),
                "serving_since": expression("$recorded_at"),
            },
        },
    }


def _changing_states(workload: Workload, tags: list[dict[str, str]]) -> dict[str, State]:
    endpoint = {**ENDPOINT, "EndpointConfigName": expression("$name")}
    serving = workload.serving
    return {
        "StopScaling": stop_scaling(catch("StopScaling", ENDPOINT_LOOK, "IsKept"), "UpdateEndpoint"),
        "CreateEndpoint": call_sagemaker(
            "createEndpoint",
            {**endpoint, "Tags": tags},
            assign={"looks": 0, **_NO_PREVIOUS},
            catching=_conflict("CreateEndpoint"),
            following="WaitForEndpoint",
        ),
        "UpdateEndpoint": call_sagemaker(
            "updateEndpoint",
            {**endpoint, **(update_options(serving) if serving.type == "real_time" else {})},
            assign={"looks": 0},
            catching=_conflict("UpdateEndpoint"),
            following="WaitForEndpoint",
        ),
        # Another deployment may have been quicker: look again, a few times, before giving up.
        "IsConflict": choose(f"$conflicts < {MOST_CONFLICTS}", "WaitForRest", "IsKept"),
        "WaitForEndpoint": wait(LOOK_EVERY_SECONDS, "DescribeEndpoint"),
        "DescribeEndpoint": call_sagemaker(
            "describeEndpoint",
            ENDPOINT,
            assign=what_serves(),
            catching=catch("DescribeEndpoint", ENDPOINT_LOOK, "IsCreated"),
            following="IsServing",
        ),
        **_judging_states(workload),
    }


def _judging_states(workload: Workload) -> dict[str, State]:
    serving = workload.serving
    watched = serving.type == "real_time" and serving.update.alarms is not None
    alarms = rollback_states(ENDPOINT_LOOK, otherwise="EndpointRefused", following="IsCreated")
    return {
        "IsServing": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": expression("$status = 'InService' and $serving_config = $name"),
                    "Next": "SmokePrediction",
                },
                {"Condition": expression(still_changing(most_looks(workload))), "Next": "WaitForEndpoint"},
            ],
            "Default": "LookAtAlarms" if watched else "EndpointRefused",
        },
        **(alarms if watched else {}),
        "EndpointRefused": fail_with(
            "UpdateEndpoint",
            "EndpointNotInService",
            "'the endpoint is ' & $status & ' with the configuration ' & $serving_config & '. ' & $reason",
            look=ENDPOINT_LOOK,
            following="IsCreated",
        ),
    }


def _accepting_states(workload: Workload) -> dict[str, State]:
    scaling = workload.serving.auto_scaling if workload.serving.type == "real_time" else None
    done = "RegisterScaling" if scaling else "Deployed"
    return {
        "SmokePrediction": invoke(
            "SmokePredictionFunctionArn",
            {"endpoint_name": "${EndpointName}", "sample_uri": expression("$package.sample_uri")},
            timeout_seconds=SMOKE_SECONDS + 30,
            catching=catch("SmokePrediction", ENDPOINT_LOOK, "IsCreated"),
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
            catching=catch("Record", ENDPOINT_LOOK, "IsCreated"),
            following="WasOff",
        ),
        "WasOff": choose(IS_OFF, "ForgetKept", "HasPrevious"),
        "ForgetKept": forget_kept(
            catch("ForgetKept", "'the parameter ${SwitchParameter}'", "NotifyFailure"), "HasPrevious"
        ),
        "HasPrevious": choose("$previous_config = ''", done, "DeletePreviousConfig"),
        "DeletePreviousConfig": delete_leftover(
            "deleteEndpointConfig", "EndpointConfigName", "$previous_config", "DeletePreviousModel"
        ),
        "DeletePreviousModel": delete_leftover("deleteModel", "ModelName", "$previous_model", done),
        **(_scaling_states(scaling) if scaling else {}),
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


def _scaling_states(scaling: AutoScaling) -> dict[str, State]:
    """The new model serves whether these succeed or not, and it is told if they don't."""
    look = "'the scalable target endpoint/${EndpointName}/variant/" + VARIANT + "'"
    return {
        "RegisterScaling": register_scaling(
            scaling, catch("RegisterScaling", look, "NotifyFailure"), "TrackInvocations"
        ),
        "TrackInvocations": track_invocations(
            scaling, catch("TrackInvocations", look, "NotifyFailure"), "Deployed"
        ),
    }


def _conflict(state: str) -> list[State]:
    catching = catch(state, ENDPOINT_LOOK, "IsConflict")
    catching[0]["Assign"]["conflicts"] = expression("$conflicts + 1")
    return catching

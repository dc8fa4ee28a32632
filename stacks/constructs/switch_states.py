"""States that switch an endpoint off and on: the deployment machine with the input {"switch": "off"}.

Off deletes the endpoint, which is what costs, and keeps its configuration and its model, so that on brings
back just what served. A parameter, which is there only as long as the endpoint is off, holds which; so long,
approvals deploy nothing. No stack owns it: an update of the stack would set it back.
"""

from typing import Any

from settings.workload import Workload
from stacks.constructs.endpoint_states import (
    ENDPOINT,
    ENDPOINT_LOOK,
    LOOK_EVERY_SECONDS,
    find_endpoint,
    most_looks,
    still_changing,
)
from stacks.constructs.model_states import PACKAGE_GROUP
from stacks.constructs.scaling_states import stop_scaling
from stacks.constructs.states import (
    API_CALL_SECONDS,
    State,
    call_sagemaker,
    catch,
    choose,
    expression,
    fail_with,
    task,
    wait,
)

IS_OFF = "$exists($kept.config)"
"""Whether it is, in JSONata, after `ReadSwitch`."""

_SSM_ERRORS = ["Ssm.SsmException", "Ssm.SdkClientException"]
_PARAMETER = "'the parameter ${SwitchParameter}'"
_TAGS = {"package": "model-package-arn", "approved_at": "approved-at"}


def switch_states(workload: Workload, *, deploying: str, bringing_back: str) -> dict[str, State]:
    """Begins with `ReadSwitch`.

    Goes on to `deploying` where no switch is asked for, and to `bringing_back` with `$name`, `$package` and
    `$approved_at` of what is kept.
    """
    return (
        _asking_states(deploying)
        | _looking_states(most_looks(workload))
        | _off_states(most_looks(workload))
        | _on_states(bringing_back)
    )


def forget_kept(catching: list[State], following: str) -> State:
    """Nothing is switched off from now on."""
    gone = {"ErrorEquals": ["Ssm.ParameterNotFoundException"], "Next": following}
    return _call_ssm(
        "deleteParameter", {"Name": "${SwitchParameter}"}, catching=[gone, *catching], following=following
    )


def _asking_states(deploying: str) -> dict[str, State]:
    given = "$states.context.Execution.Input"
    return {
        # A list instead of one: a missing parameter is an empty list, not an error to interpret.
        "ReadSwitch": _call_ssm(
            "getParameters",
            {"Names": ["${SwitchParameter}"]},
            assign={
                "kept": expression(
                    "$count($states.result.Parameters) = 0 ? {} : $parse($states.result.Parameters[0].Value)"
                ),
                "switch": expression(f"$exists({given}.switch) ? $string({given}.switch) : ''"),
                "looks": 0,
            },
            catching=catch("ReadSwitch", _PARAMETER, "NotifyFailure"),
            following="WhatIsAsked",
        ),
        "WhatIsAsked": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$switch = 'off'"), "Next": "FindServing"},
                {"Condition": expression(f"$switch = 'on' and {IS_OFF}"), "Next": "DescribeKept"},
                {"Condition": expression("$switch = 'on'"), "Next": "IsOn"},
                {"Condition": expression("$switch != ''"), "Next": "NotASwitch"},
                {"Condition": expression(IS_OFF), "Next": "StaysOff"},
            ],
            "Default": deploying,
        },
        "IsOn": _succeed("On"),
        "NotASwitch": fail_with(
            "WhatIsAsked",
            "InvalidExecutionInput",
            "'switch is ' & $switch & '; it is off or on'",
            look="'the input of the execution'",
        ),
        "StaysOff": _succeed("SwitchedOff"),
    }


def _looking_states(looks: int) -> dict[str, State]:
    """Learn what serves, once it is at rest."""
    found = {name: f"$states.result.Tags[Key = '{tag}'].Value" for name, tag in _TAGS.items()}
    return {
        "FindServing": find_endpoint(catch("FindServing", ENDPOINT_LOOK, "NotifyFailure"), "IsServingNow"),
        "IsServingNow": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$status = 'InService'"), "Next": "DescribeServing"},
                {"Condition": expression(f"$status = 'Absent' and {IS_OFF}"), "Next": "IsOffAlready"},
                {"Condition": expression(still_changing(looks)), "Next": "WaitForServing"},
            ],
            "Default": "ServesNothing",
        },
        "IsOffAlready": _succeed("SwitchedOff"),
        "WaitForServing": wait(LOOK_EVERY_SECONDS, "FindServing"),
        "ServesNothing": fail_with(
            "FindServing",
            "ServesNothing",
            "'there is nothing to switch off: the endpoint is ' & $status",
            look=ENDPOINT_LOOK,
        ),
        "DescribeServing": call_sagemaker(
            "describeEndpoint",
            ENDPOINT,
            assign={"serving_config": expression("$states.result.EndpointConfigName")},
            catching=catch("DescribeServing", ENDPOINT_LOOK, "NotifyFailure"),
            following="ReadServed",
        ),
        "ReadServed": call_sagemaker(
            "listTags",
            {"ResourceArn": "${EndpointArn}"},
            assign={name: expression(f"$exists({value}) ? {value} : ''") for name, value in found.items()},
            catching=catch("ReadServed", ENDPOINT_LOOK, "NotifyFailure"),
            following="IsRecorded",
        ),
        "IsRecorded": choose("$package != '' and $approved_at != ''", "KeepServed", "NotRecorded"),
        "NotRecorded": fail_with(
            "ReadServed",
            "NotRecorded",
            "'the endpoint was not made by a deployment, which records its model package in tags;"
            " approve a package to deploy it'",
            look=ENDPOINT_LOOK,
        ),
    }


def _off_states(looks: int) -> dict[str, State]:
    kept = "{'config': $serving_config, 'package': $package, 'approved_at': $approved_at}"
    return {
        "KeepServed": _call_ssm(
            "putParameter",
            {
                "Name": "${SwitchParameter}",
                "Value": expression(f"$string({kept})"),
                "Type": "String",
                "Overwrite": True,
            },
            catching=catch("KeepServed", _PARAMETER, "NotifyFailure"),
            following="StopScalingForGood",
        ),
        "StopScalingForGood": stop_scaling(
            catch("StopScalingForGood", ENDPOINT_LOOK, "StayOn"), following="SwitchOff"
        ),
        "SwitchOff": call_sagemaker(
            "deleteEndpoint",
            ENDPOINT,
            assign={"looks": 0},
            catching=catch("SwitchOff", ENDPOINT_LOOK, "StayOn"),
            following="WaitUntilOff",
        ),
        "StayOn": forget_kept([{"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}], "NotifyFailure"),
        "WaitUntilOff": wait(LOOK_EVERY_SECONDS, "FindLeaving"),
        "FindLeaving": find_endpoint(catch("FindLeaving", ENDPOINT_LOOK, "NotifyFailure"), "IsOff"),
        "IsOff": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$status = 'Absent'"), "Next": "SwitchedOff"},
                {"Condition": expression(still_changing(looks)), "Next": "WaitUntilOff"},
            ],
            "Default": "StillThere",
        },
        "SwitchedOff": _succeed("SwitchedOff"),
        "StillThere": fail_with(
            "SwitchOff", "StillThere", "'the endpoint is still ' & $status", look=ENDPOINT_LOOK
        ),
    }


def _on_states(bringing_back: str) -> dict[str, State]:
    return {
        "DescribeKept": call_sagemaker(
            "describeModelPackage",
            {"ModelPackageName": expression("$kept.package")},
            assign={
                "package": expression(
                    "{'arn': $states.result.ModelPackageArn,"
                    " 'sample_uri': $states.result.CustomerMetadataProperties.sample_uri}"
                ),
                "name": expression("$kept.config"),
                "approved_at": expression("$kept.approved_at"),
                "previous_config": expression("''"),
                "previous_model": expression("''"),
                "conflicts": 0,
            },
            catching=catch("DescribeKept", PACKAGE_GROUP, "NotifyFailure"),
            following=bringing_back,
        ),
    }


def _call_ssm(action: str, arguments: dict[str, Any], **rest: Any) -> State:
    return task(
        f"aws-sdk:ssm:{action}",
        arguments,
        timeout_seconds=API_CALL_SECONDS,
        errors=_SSM_ERRORS,
        **rest,
    )


def _succeed(outcome: str) -> State:
    return {"Type": "Succeed", "Output": {"outcome": outcome, "endpoint": "${EndpointName}"}}

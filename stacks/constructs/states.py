"""The vocabulary of our state machines: retries, catches and tasks in Amazon States Language with JSONata.

A definition is plain data. `${Name}` stands for a value that CloudFormation substitutes, `{% … %}` for a
JSONata expression. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from collections.abc import Mapping
from typing import Any

from settings.environment import Environment

State = dict[str, Any]

# Provisioning and data transfer come on top of what a job's own stopping condition allows.
JOB_PROVISIONING_SECONDS = 30 * 60
API_CALL_SECONDS = 60

# SageMaker models no throttling error: Step Functions reports it under the service's general name.
SAGEMAKER_ERRORS = [
    "ThrottlingException",
    "SageMaker.AmazonSageMakerException",
    "SageMaker.SageMakerException",
]
LAMBDA_ERRORS = ["Lambda.ServiceException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"]
S3_ERRORS = ["S3.S3Exception", "S3.SdkClientException"]
SFN_ERRORS = ["Sfn.SfnException", "Sfn.SdkClientException"]
LOGS_ERRORS = ["CloudWatchLogs.CloudWatchLogsException", "CloudWatchLogs.SdkClientException"]
SNS_ERRORS = ["SNS.ThrottledException", "SNS.InternalErrorException"]

# What a failed call says: a job's reason, a function's message, or the plain cause.
_REASON = (
    "($cause := $exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : 'no cause given';"
    " $parsed := $substring($cause, 0, 1) = '{' ? $parse($cause) : {};"
    " $reason := $exists($parsed.FailureReason) ? $parsed.FailureReason"
    " & ($exists($parsed.ExitMessage) ? ' ' & $parsed.ExitMessage : '')"
    " : $exists($parsed.errorMessage) ? $parsed.errorMessage : $cause;"
    " $substring($reason, 0, 2000))"
)

_FAILURE_ACCOUNT = (
    "$failure.state & ' failed (' & $failure.error & '): ' & $failure.reason & '. Look at: ' & $failure.look"
)


def expression(text: str) -> str:
    """Mark a JSONata expression."""
    return "{% " + text + " %}"


def retry(errors: list[str]) -> list[State]:
    """Retry throttling and internal errors only, with full jitter."""
    return [
        {
            "ErrorEquals": errors,
            "IntervalSeconds": 3,
            "MaxAttempts": 3,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
    ]


def catch(state: str, look: str, next_state: str) -> list[State]:
    """Keep what failed, why and where to look in `$failure`, and go on to `next_state`.

    `look` is a JSONata expression that names the place.
    """
    return [
        {
            "ErrorEquals": ["States.ALL"],
            "Assign": {
                "failure": {
                    "state": state,
                    "error": expression("$states.errorOutput.Error"),
                    "reason": expression(_REASON),
                    "look": expression(look),
                }
            },
            "Next": next_state,
        }
    ]


def task(
    resource: str,
    arguments: Mapping[str, Any],
    *,
    timeout_seconds: int,
    errors: list[str],
    catching: list[State],
    following: str,
    assign: Mapping[str, str] | None = None,
) -> State:
    """One call of a service: timed, retried, caught."""
    return {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::" + resource,
        "Arguments": dict(arguments),
        **({"Assign": dict(assign)} if assign else {}),
        "TimeoutSeconds": timeout_seconds,
        "Retry": retry(errors),
        "Catch": catching,
        "Next": following,
    }


def invoke(function: str, payload: Mapping[str, Any], *, timeout_seconds: int, **rest: Any) -> State:
    """Call a function; `function` names the substitution that holds its ARN."""
    arguments = {"FunctionName": "${" + function + "}", "Payload": dict(payload)}
    return task("lambda:invoke", arguments, timeout_seconds=timeout_seconds, errors=LAMBDA_ERRORS, **rest)


def call_sagemaker(action: str, arguments: Mapping[str, Any], **rest: Any) -> State:
    """Call a SageMaker API that answers at once (AWS SDK integration)."""
    return task(
        f"aws-sdk:sagemaker:{action}",
        arguments,
        timeout_seconds=API_CALL_SECONDS,
        errors=SAGEMAKER_ERRORS,
        **rest,
    )


def run_job(action: str, arguments: Mapping[str, Any], *, max_runtime_seconds: int, **rest: Any) -> State:
    """Start a SageMaker job and wait for its end (`.sync`)."""
    return task(
        f"sagemaker:{action}.sync",
        arguments,
        timeout_seconds=max_runtime_seconds + JOB_PROVISIONING_SECONDS,
        errors=SAGEMAKER_ERRORS,
        **rest,
    )


def publish(subject: str, message: str, following: str) -> State:
    """Tell the topic; when even that fails, go on: the message is also in the execution's record."""
    return {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::sns:publish",
        "Arguments": {
            "TopicArn": "${TopicArn}",
            "Subject": subject,
            "Message": message,
        },
        "TimeoutSeconds": API_CALL_SECONDS,
        "Retry": retry(SNS_ERRORS),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": following}],
        "Next": following,
    }


def fail_with(state: str, error: str, reason: str, *, look: str, following: str = "NotifyFailure") -> State:
    """Keep a fault that no call reported in `$failure`, as `catch` does; `reason` and `look` are JSONata."""
    failure = {"state": state, "error": error, "reason": expression(reason), "look": expression(look)}
    return {"Type": "Pass", "Assign": {"failure": failure}, "Next": following}


def failure_states(subject: str) -> dict[str, State]:
    """Tell the topic what `catch` kept, and fail with it."""
    where = f"{_FAILURE_ACCOUNT} & '. Execution: ' & $states.context.Execution.Id"
    return {
        "NotifyFailure": publish(subject, expression(where), "Failed"),
        "Failed": {
            "Type": "Fail",
            "Error": expression("$failure.error"),
            "Cause": expression(_FAILURE_ACCOUNT),
        },
    }


def choose(condition: str, when_true: str, otherwise: str) -> State:
    """Branch on one JSONata condition."""
    return {
        "Type": "Choice",
        "Choices": [{"Condition": expression(condition), "Next": when_true}],
        "Default": otherwise,
    }


def wait(seconds: int, following: str) -> State:
    """Pause between two looks."""
    return {"Type": "Wait", "Seconds": seconds, "Next": following}


def vpc_config(environment: Environment) -> dict[str, Any]:
    """Where a job's or a model's containers have their network interfaces; nothing in a public network.

    The names are those of `NetworkPlacement.substitutions`.
    """
    network = environment.network
    if network.mode == "public":
        return {}
    groups = [f"${{SecurityGroup{number + 1}}}" for number in range(network.security_group_count)]
    subnets = [f"${{Subnet{number + 1}}}" for number in range(network.subnet_count)]
    return {"VpcConfig": {"SecurityGroupIds": groups, "Subnets": subnets}}

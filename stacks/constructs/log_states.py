"""States that make the endpoint's log group before SageMaker does, which would make it without key or end."""

from typing import Any

from settings.environment import Environment
from stacks.constructs.endpoint_states import ENDPOINT_LOG_GROUP, ENDPOINT_LOOK
from stacks.constructs.states import API_CALL_SECONDS, LOGS_ERRORS, State, catch, task


def log_states(environment: Environment, following: str) -> dict[str, State]:
    """Begin with `CreateLogGroup`; a group that is there already keeps what it holds, and gets the retention.

    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """
    exists = {"ErrorEquals": ["CloudWatchLogs.ResourceAlreadyExistsException"], "Next": "SetLogRetention"}
    return {
        "CreateLogGroup": _call(
            "createLogGroup",
            {"KmsKeyId": "${KeyArn}"},
            catching=[exists, *catch("CreateLogGroup", ENDPOINT_LOOK, "NotifyFailure")],
            following="SetLogRetention",
        ),
        "SetLogRetention": _call(
            "putRetentionPolicy",
            {"RetentionInDays": environment.log_retention_days},
            catching=catch("SetLogRetention", ENDPOINT_LOOK, "NotifyFailure"),
            following=following,
        ),
    }


def _call(action: str, arguments: dict[str, Any], **rest: Any) -> State:
    return task(
        f"aws-sdk:cloudwatchlogs:{action}",
        {"LogGroupName": ENDPOINT_LOG_GROUP, **arguments},
        timeout_seconds=API_CALL_SECONDS,
        errors=LOGS_ERRORS,
        **rest,
    )

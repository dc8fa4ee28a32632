"""What a state machine's role must be allowed for each kind of task, and for the machine to be created at
all.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local_aws import enforcement
from local_aws.enforcement import Need

_JOB_RULES = {
    "sagemaker:createTrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "sagemaker:createTransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "sagemaker:createProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "sagemaker:createHyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    "states:startExecution": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
_LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


class NotAuthorizedError(Exception):
    """A state machine may not be created or changed with this role; the text is AWS's."""


def check_machine(role_arn: str, definition: str, logging: Mapping[str, Any]) -> None:
    """What AWS checks when a state machine is created or updated. Raises NotAuthorizedError.

    A `.sync` task is followed by events, whose managed rule Step Functions makes with the role's permissions.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
    """
    try:
        for rule in sorted(set(_managed_rules(json.loads(definition)))):
            for action in _RULE_ACTIONS:
                enforcement.require(role_arn, action, _arn("events", f"rule/{rule}"))
    except enforcement.AccessDenied as error:
        raise NotAuthorizedError(f"'{role_arn}' is not authorized to create managed-rule.") from error
    if logging.get("level", "OFF") == "OFF":
        return
    try:
        for action in _LOG_ACTIONS:
            enforcement.require(role_arn, action, "*")
    except enforcement.AccessDenied as error:
        message = "The state machine IAM Role is not authorized to access the Log Destination"
        raise NotAuthorizedError(message) from error


def _managed_rules(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        resource = node.get("Resource")
        if node.get("Type") == "Task" and isinstance(resource, str) and ".sync" in resource:
            integration = resource.removeprefix("arn:aws:states:::").partition(".sync")[0]
            if integration in _JOB_RULES:
                yield _JOB_RULES[integration]
        for item in node.values():
            yield from _managed_rules(item)
    elif isinstance(node, list):
        for item in node:
            yield from _managed_rules(item)


def task_needs(resource: str, arguments: Any) -> list[Need]:
    """What the role needs for an optimized integration or a direct Lambda task with these arguments."""
    arguments = arguments if isinstance(arguments, dict) else {}
    if ":function:" in resource:
        return [Need("lambda:InvokeFunction", resource)]
    integration, _, pattern = resource.removeprefix("arn:aws:states:::").partition(".")
    if integration.startswith("sagemaker:"):
        return _sagemaker_needs(integration, arguments, synchronous=pattern.startswith("sync"))
    simple = _SIMPLE.get(integration)
    if simple is None:
        service, _, operation = integration.partition(":")
        return [Need(f"{service}:{operation[:1].upper()}{operation[1:]}", "*")]
    action, parameter, kind = simple
    needs = [Need(action, _named(arguments.get(parameter, "*"), kind))]
    if pattern.startswith("sync"):
        needs += [
            Need("states:DescribeExecution", "*"),
            Need("states:StopExecution", "*"),
            *_rule_needs(integration),
        ]
    return needs


# integration -> action, the argument that names the resource, and the ARN of a bare name
_SIMPLE = {
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName", "lambda:function:"),
    "sns:publish": ("sns:Publish", "TopicArn", "sns:"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl", "sqs:"),
    "events:putEvents": ("events:PutEvents", "EventBusName", "events:event-bus/"),
    "states:startExecution": ("states:StartExecution", "StateMachineArn", "states:stateMachine:"),
    "dynamodb:getItem": ("dynamodb:GetItem", "TableName", "dynamodb:table/"),
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName", "dynamodb:table/"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName", "dynamodb:table/"),
    "dynamodb:deleteItem": ("dynamodb:DeleteItem", "TableName", "dynamodb:table/"),
}


def _named(value: object, kind: str) -> str:
    """The ARN of a resource that an argument gives by ARN, by URL or by name."""
    text = str(value)
    if text == "*" or text.startswith("arn:"):
        return text
    service, _, prefix = kind.partition(":")
    return _arn(service, prefix + text.rsplit("/", 1)[-1])


def _sagemaker_needs(integration: str, arguments: dict[str, Any], *, synchronous: bool) -> list[Need]:
    name = integration.partition(":")[2]
    operation = f"{name[:1].upper()}{name[1:]}"
    from local_aws.sagemaker import permissions  # noqa: PLC0415 - imported once it is installed

    checks = permissions.checks(operation, arguments, get_region(), get_account_id())
    needs = [Need(check.action, check.resource, check.context or {}) for check in checks]
    if synchronous:
        job = operation.removeprefix("Create")
        created = next((need.resource for need in needs if need.action == f"sagemaker:{operation}"), "*")
        needs += [Need(f"sagemaker:Describe{job}", created), Need(f"sagemaker:Stop{job}", created)]
        # Step Functions tags what it runs to find it again.
        needs += [Need("sagemaker:AddTags", created), *_rule_needs(integration)]
    return needs


def _rule_needs(integration: str) -> list[Need]:
    rule = _arn("events", f"rule/{_JOB_RULES[integration]}")
    return [Need(action, rule) for action in _RULE_ACTIONS]


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"

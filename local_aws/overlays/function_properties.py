"""Lambda functions: reserved concurrency, the dead letter target, and a role that Lambda can assume.

ministack's CloudFormation drops the first two, so a function is never throttled and a failed asynchronous
event is lost. It also takes any role, where AWS refuses one whose trust policy does not admit Lambda.
"""

from ministack.services import lambda_svc

from local_aws import cloudformation, credentials
from local_aws.cloudformation import Properties

HOOKS = (*cloudformation.HOOKS, "ministack.services.lambda_svc:_functions")

_TYPE = "AWS::Lambda::Function"
_CANNOT_ASSUME = "The role defined for the function cannot be assumed by Lambda."


def install() -> None:
    """Put this overlay in place."""
    cloudformation.after(_TYPE, _complete)


def _complete(name: str, properties: Properties, _old: Properties | None) -> None:
    try:
        credentials.check_assumable(properties["Role"], "lambda.amazonaws.com")
    except credentials.RoleNotAssumable as error:
        raise ValueError(f"{_CANNOT_ASSUME} ({properties['Role']})") from error
    function = lambda_svc._functions[name]
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    function["config"].pop("DeadLetterConfig", None)
    if properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = properties["DeadLetterConfig"]

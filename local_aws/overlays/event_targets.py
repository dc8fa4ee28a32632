"""A rule starts a state machine with the permissions of the target's role.

ministack starts it without asking. On AWS the invocation fails, and nothing is started, unless EventBridge
can assume the role and the role may start that machine.
"""

import logging
from typing import Any

from ministack.services import eventbridge

from local_aws import credentials, enforcement

HOOKS = ("ministack.services.eventbridge:_invoke_target",)

_logger = logging.getLogger("local_aws.event_targets")


def install() -> None:
    """Put this overlay in place."""
    invoke_target = eventbridge._invoke_target

    def invoke(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> Any:
        arn = target.get("Arn", "")
        if not arn.startswith("arn:aws:states:") or _may_start(target, rule):
            return invoke_target(target, event, rule, view)
        return None

    eventbridge._invoke_target = invoke


def _may_start(target: dict[str, Any], rule: dict[str, Any]) -> bool:
    role = target.get("RoleArn", "")
    try:
        credentials.check_assumable(role, "events.amazonaws.com")
        enforcement.require(role, "states:StartExecution", target["Arn"])
    except (credentials.RoleNotAssumable, enforcement.AccessDenied) as error:
        _logger.warning("rule %s did not start %s: %s", rule.get("Name"), target["Arn"], error)
        return False
    return True

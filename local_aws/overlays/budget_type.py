"""CloudFormation's AWS::Budgets::Budget, which ministack's CloudFormation doesn't have.

Nothing costs anything here: a budget is kept and shown, and never alarms.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html
"""

from collections.abc import Mapping
from typing import Any

from ministack.services import budgets
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.budgets:_budget_arn",
    "ministack.services.budgets:_budgets",
    "ministack.services.budgets:_create_budget",
    "ministack.services.budgets:_delete_budget",
    "ministack.services.budgets:_tag_resource",
    "ministack.services.budgets:_untag_resource",
    "ministack.services.budgets:_update_budget",
    "ministack.services.cloudformation.provisioners:_physical_name",
)

_TYPE = "AWS::Budgets::Budget"
_LONGEST_NAME = 100


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(
        _TYPE,
        create=_create,
        update=_update,
        delete=_delete,
        replaced_by=frozenset({"NotificationsWithSubscribers"}),
        tags="ResourceTags",
    )


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
    name = properties["Budget"].get("BudgetName") or provisioners._physical_name(
        stack, logical_id, max_len=_LONGEST_NAME
    )
    request = {
        "Budget": _budget(name, properties),
        "NotificationsWithSubscribers": [
            {**each, "Notification": _typed(each["Notification"])}
            for each in properties.get("NotificationsWithSubscribers", [])
        ],
        "ResourceTags": properties.get("ResourceTags", []),
    }
    cloudformation.succeed(budgets._create_budget(request), f"budget {name}")
    return name, {"Id": name}


def _update(name: str, old: Properties, new: Properties, stack: str) -> tuple[str, Properties]:
    wanted = new["Budget"].get("BudgetName", name)
    if wanted != name:
        made = _create(wanted, new, stack)
        _delete(name, old)
        return made
    cloudformation.succeed(budgets._update_budget({"NewBudget": _budget(name, new)}), f"budget {name}")
    arn = budgets._budget_arn(name)
    before, after = _keys(old), _keys(new)
    budgets._untag_resource({"ResourceARN": arn, "ResourceTagKeys": sorted(before - after)})
    budgets._tag_resource({"ResourceARN": arn, "ResourceTags": new.get("ResourceTags", [])})
    return name, {"Id": name}


def _delete(name: str, _properties: Properties) -> None:
    if name in budgets._budgets:
        cloudformation.succeed(budgets._delete_budget({"BudgetName": name}), f"budget {name}")


def _budget(name: str, properties: Properties) -> dict[str, Any]:
    """The API's budget: it has amounts as text, where templates have numbers."""
    budget = {**properties["Budget"], "BudgetName": name}
    for member in ("BudgetLimit", "PlannedBudgetLimits"):
        if isinstance(budget.get(member), Mapping):
            budget[member] = _amounts_as_text(budget[member])
    return budget


def _amounts_as_text(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _amounts_as_text(value) if isinstance(value, Mapping) else str(value)
        for name, value in part.items()
    }


def _typed(notification: Mapping[str, Any]) -> dict[str, Any]:
    return {**notification, "Threshold": float(notification["Threshold"])}


def _keys(properties: Properties) -> set[str]:
    return {tag["Key"] for tag in properties.get("ResourceTags", [])}

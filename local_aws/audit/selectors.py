"""Which events a trail takes: basic and advanced event selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Selector = dict[str, Any]

_DEFAULT: list[Selector] = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def selects(selectors: list[Selector] | None, event: Event) -> bool:
    """Whether one of a trail's selectors (those of a new trail if None) takes the event."""
    return any(
        _advanced(each, event) if "FieldSelectors" in each else _basic(each, event)
        for each in selectors or _DEFAULT
    )


def _basic(selector: Selector, event: Event) -> bool:
    kind = selector.get("ReadWriteType", "All")
    if kind != "All" and (kind == "ReadOnly") != event["readOnly"]:
        return False
    if event["managementEvent"]:
        excluded = selector.get("ExcludeManagementEventSources") or []
        return bool(selector.get("IncludeManagementEvents", True)) and event["eventSource"] not in excluded
    return any(
        resource["type"] == each["Type"] and _begins_with(resource["ARN"], each.get("Values") or [])
        for resource in event["resources"]
        for each in selector.get("DataResources") or []
    )


def _begins_with(arn: str, values: list[str]) -> bool:
    """`arn:aws:s3` stands for every bucket, and a bucket's ARN with a slash for every object in it."""
    return any(arn.startswith("arn:aws:s3:::" if each == "arn:aws:s3" else each) for each in values)


def _advanced(selector: Selector, event: Event) -> bool:
    return all(_field_matches(each, event) for each in selector["FieldSelectors"])


def _field_matches(field: Selector, event: Event) -> bool:
    values = _values(field["Field"], event)
    for name, compare in _COMPARISONS.items():
        wanted, unwanted = field.get(name), field.get(f"Not{name}")
        if wanted and not any(compare(value, each) for value in values for each in wanted):
            return False
        if unwanted and any(compare(value, each) for value in values for each in unwanted):
            return False
    return True


def _values(field: str, event: Event) -> list[str]:
    if field == "resources.type":
        return [each["type"] for each in event["resources"]]
    if field == "resources.ARN":
        return [each["ARN"] for each in event["resources"]]
    if field == "readOnly":
        return ["true" if event["readOnly"] else "false"]
    if field == "userIdentity.arn":
        return [event["userIdentity"].get("arn", "")]
    return [str(event.get(field, ""))]

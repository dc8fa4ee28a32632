"""Filters of EC2's Describe operations: every filter must match, each by one of its values, with wildcards.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.services import ec2

HOOKS = (
    "ministack.services.ec2:_error",
    "ministack.services.ec2:_glob_match",
    "ministack.services.ec2:_parse_filters",
    "ministack.services.ec2:_parse_member_list",
    "ministack.services.ec2:_resource_matches_tag_filters",
)

Filters = Mapping[str, list[str]]
# What a resource has under the name of each filter.
Values = Mapping[str, str | Iterable[str]]


def requested(params: dict[str, Any]) -> Filters:
    """The filters of a request."""
    filters: Filters = ec2._parse_filters(params)
    return filters


def unknown(filters: Filters, known: Iterable[str]) -> Any:
    """EC2's error for a filter that isn't one of `known`, nor one by tags; None if all are."""
    for name in filters:
        if name not in known and name not in ("tag-key", "tag-value") and not name.startswith("tag:"):
            return ec2._error("InvalidParameterValue", f"The filter '{name}' is invalid", 400)
    return None


def matches(resource_id: str, values: Values, filters: Filters) -> bool:
    """Whether a resource with these values, and its tags, passes every filter."""
    return bool(ec2._resource_matches_tag_filters(resource_id, filters)) and all(
        _one_matches(values[name], wanted) for name, wanted in filters.items() if name in values
    )


def selected(
    params: dict[str, Any],
    id_name: str,
    resources: Iterable[dict[str, Any]],
    values: Callable[[dict[str, Any]], Values],
) -> list[dict[str, Any]]:
    """The resources that a request names by `id_name`, or all if it names none, and that pass its filters."""
    ids = ec2._parse_member_list(params, id_name)
    filters = requested(params)
    return [
        each
        for each in resources
        if (not ids or each[id_name] in ids) and matches(each[id_name], values(each), filters)
    ]


def _one_matches(values: str | Iterable[str], wanted: list[str]) -> bool:
    held = [values] if isinstance(values, str) else list(values)
    return any(ec2._glob_match(pattern, value) for value in held for pattern in wanted)

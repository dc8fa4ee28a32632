"""Policy documents held against AWS's service authorization reference, as policy-sentry has it, and against
the paths of privilege escalation that cloudsplaining knows.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from cloudsplaining.scan.policy_document import PolicyDocument
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.all import get_all_service_prefixes

# What a `*` in a resource may stand for, in the places that formats have.
_STANDS_FOR = ("x", "x/x", "x/x/x", "x:x", "log-stream:x")
# A key of every request to S3, which the reference tells of some actions only.
_OF_EVERY_ACTION = {"s3": {"s3:tlsversion"}}


class Action(NamedTuple):
    """What the reference says of an action: the formats of its resources, and its condition keys."""

    formats: frozenset[str]
    keys: frozenset[str]


class Flaw(NamedTuple):
    """What is wrong with a statement, or a document: the kind of flaw, and what it is about."""

    kind: str
    what: str


def flaws(document: dict[str, Any]) -> Iterator[Flaw]:
    """Everything that is wrong with a resolved policy document of an identity, or of a resource."""
    for statement in document["Statement"]:
        # Only denying statements have an action with `*`, as the house rules see to.
        actions = [action for action in _listed(statement.get("Action", ())) if "*" not in action]
        known = {action: reference(action) for action in actions}
        yield from (Flaw("unknown action", action) for action, found in known.items() if found is None)
        yield from _of_statement(statement, {action: found for action, found in known.items() if found})
    if all("Principal" not in statement for statement in document["Statement"]):
        for path in PolicyDocument(document).allows_privilege_escalation:
            yield Flaw("privilege escalation", path["type"])


def _of_statement(statement: dict[str, Any], known: dict[str, Action]) -> Iterator[Flaw]:
    # A trust policy names no resource: it is its role's own.
    named = [resource for resource in _listed(statement.get("Resource", ())) if resource != "*"]
    pairs = [
        (action, resource)
        for action, found in known.items()
        for resource in named
        if any(_fits(resource, form) for form in found.formats)
    ]
    if named and known:
        yield from (Flaw("resource mismatch", action) for action in known.keys() - {a for a, _ in pairs})
        yield from (Flaw("resource mismatch", each) for each in {*named} - {r for _, r in pairs})
    for key in _condition_keys(statement):
        for action, found in known.items():
            if not _is_key_of(key, action, found):
                yield Flaw("unknown condition key", f"{key} of {action}")


@cache
def reference(action: str) -> Action | None:
    """What is known of an action; None of one that isn't."""
    service, _, name = action.partition(":")
    if service not in get_all_service_prefixes() or action not in get_actions_for_service(service):
        return None
    rows = get_action_data(service, name)[service]
    return Action(
        frozenset(row["resource_arn_format"] for row in rows),
        frozenset(key.lower() for row in rows for key in row["condition_keys"]),
    )


def _fits(resource: str, form: str) -> bool:
    """Whether a resource, perhaps with wildcards, can be an ARN of a format."""
    pattern = _pattern(form)
    plain = resource.replace("?", "x").split("*")
    for parts in product(_STANDS_FOR, repeat=len(plain) - 1):
        filled = "".join(text for pair in zip(plain, (*parts, ""), strict=True) for text in pair)
        if re.fullmatch(pattern, filled):
            return True
    return False


def _is_key_of(key: str, action: str, known: Action) -> bool:
    """Whether a request for the action can carry the condition key."""
    if key.startswith("aws:") and not key.startswith(("aws:requesttag", "aws:resourcetag")):
        return True
    of_service = _OF_EVERY_ACTION.get(action.partition(":")[0], set())
    return key in of_service or any(re.fullmatch(_pattern(each), key) for each in known.keys)


def _pattern(form: str) -> str:
    """A format of the reference as a regular expression, its `${Name}` standing for anything."""
    return re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(form))


def _condition_keys(statement: dict[str, Any]) -> list[str]:
    return [key.lower() for keys in statement.get("Condition", {}).values() for key in keys]


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else [value]

"""Condition keys and policy variables that ministack's evaluator leaves out.

For a role's session `aws:PrincipalArn` is the role's ARN, not the session's. Tags of file systems, EC2's and
SageMaker's resources count in `aws:ResourceTag` and in the services' own `ResourceTag` keys; `ec2:Vpc` is the
ARN of the VPC that an interface, a subnet or a security group is in. `${key}` and
`${key, 'default'}` stand for a key's value in resources and condition values; a statement with a variable
that has no value matches nothing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, efs, iam, tagging

HOOKS = (
    "ministack.core.iam_evaluator:ParsedStatement",
    "ministack.core.iam_evaluator:_first_match",
    "ministack.core.iam_evaluator:_resolve_condition_key",
    "ministack.core.iam_evaluator:_role_name_from_assumed_arn",
    "ministack.services.ec2:_network_interfaces",
    "ministack.services.ec2:_security_groups",
    "ministack.services.ec2:_subnets",
    "ministack.services.ec2:_tags",
    "ministack.services.efs:_file_systems",
    "ministack.services.iam:_roles",
    "ministack.services.tagging:_RESOURCE_TAG_COLLECTORS",
    "ministack.services.tagging:resource_tags",
)

_RESOURCE_TAG = re.compile(r"(?:aws|ec2|sagemaker):resourcetag/(?P<name>.+)")
_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+)(?:,\s*'(?P<default>[^']*)')?\}")
_EC2_TYPES = {
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}

Tagged = Iterator[tuple[str, list[dict[str, str]]]]
Resolve = Callable[[str, Any], Any]


def install() -> None:
    """Put this overlay in place."""
    iam_evaluator._resolve_condition_key = _completed(iam_evaluator._resolve_condition_key)
    iam_evaluator._first_match = _with_variables(iam_evaluator._first_match)
    tagging._RESOURCE_TAG_COLLECTORS.update({"ec2": _ec2_tags, "elasticfilesystem": _efs_tags})


def _completed(original: Resolve) -> Resolve:
    def resolve_condition_key(key: str, context: Any) -> Any:
        name = key.lower()
        if name == "aws:principalarn" and context.principal_type == "AssumedRole":
            return _role_arn(context.principal_arn)
        if name == "ec2:vpc":
            return _vpc_arn(context.resource_arn)
        tag = _RESOURCE_TAG.fullmatch(name)
        if tag is not None:
            tags = tagging.resource_tags(context.resource_arn) or {}
            held = {each.lower(): value for each, value in tags.items()}
            return held.get(tag["name"], original(f"aws:ResourceTag/{tag['name']}", context))
        return original(key, context)

    return resolve_condition_key


def _role_arn(session_arn: str) -> str:
    role = iam._roles.get(iam_evaluator._role_name_from_assumed_arn(session_arn))
    return str(role["Arn"]) if role else session_arn


def _vpc_arn(resource_arn: str) -> str | None:
    """The VPC of an interface, a subnet or a security group; None for anything else."""
    base, _, resource_id = resource_arn.rpartition("/")
    prefix, _, kind = base.rpartition(":")
    held = {
        "network-interface": ec2._network_interfaces,
        "security-group": ec2._security_groups,
        "subnet": ec2._subnets,
    }.get(kind, {})
    record = held.get(resource_id)
    return f"{prefix}:vpc/{record['VpcId']}" if record else None


def _with_variables(original: Callable[..., Any]) -> Callable[..., Any]:
    def first_match(context: Any, statements: Iterable[Any], effect: str) -> Any:
        meant = (_expanded(each, context) for each in statements if each.effect == effect)
        return original(context, [each for each in meant if each is not None], effect)

    return first_match


def _expanded(statement: Any, context: Any) -> Any:
    """The statement with values in place of variables; None if a variable has no value."""
    texts = [*statement.resources, *statement.not_resources, *_texts(statement.conditions)]
    if not any("${" in text for text in texts):
        return statement
    try:
        return dataclasses.replace(
            statement,
            resources=_filled(statement.resources, context),
            not_resources=_filled(statement.not_resources, context),
            conditions=_filled(statement.conditions, context),
        )
    except KeyError:
        return None


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)


def _filled(part: Any, context: Any) -> Any:
    """A copy with values in place of variables; raises KeyError for one that has none."""
    if isinstance(part, str):
        return _VARIABLE.sub(lambda found: _value(found, context), part)
    if isinstance(part, dict):
        return {name: _filled(value, context) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, context) for value in part]
    return part


def _value(variable: re.Match[str], context: Any) -> str:
    value = iam_evaluator._resolve_condition_key(variable["key"].strip(), context)
    if isinstance(value, str):
        return value
    if variable["default"] is not None:
        return variable["default"]
    raise KeyError(variable["key"])


def _ec2_tags() -> Tagged:
    for resource_id, tags in list(ec2._tags.items()):
        kind = _EC2_TYPES.get(resource_id.partition("-")[0])
        if kind is not None:
            yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{resource_id}", tags


def _efs_tags() -> Tagged:
    for file_system in list(efs._file_systems.values()):
        yield file_system["FileSystemArn"], file_system["Tags"]

"""Security groups: filters, rules that match as AWS matches them, and rules as resources of their own.

ministack's DescribeSecurityGroups ignores most filters; a rule that names a group is revoked only if the
request has the very members it was made with; and CloudFormation's SecurityGroupIngress and
SecurityGroupEgress are missing.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties
from local_aws.network import filters

HOOKS = (
    *cloudformation.HOOKS,
    *filters.HOOKS,
    "ministack.services.cloudformation.provisioners:_ec2_sg_permissions",
    "ministack.services.ec2:_ACTION_MAP",
    "ministack.services.ec2:_parse_member_list",
    "ministack.services.ec2:_rules_match",
    "ministack.services.ec2:_security_groups",
    "ministack.services.ec2:_sg_rule_id",
    "ministack.services.ec2:_sg_xml",
    "ministack.services.ec2:_xml",
)

_FILTERS = (
    "description",
    "egress.ip-permission.group-id",
    "group-id",
    "group-name",
    "ip-permission.group-id",
    "owner-id",
    "vpc-id",
)
_RULE_PROPERTIES = frozenset(
    {
        "CidrIp",
        "CidrIpv6",
        "DestinationPrefixListId",
        "DestinationSecurityGroupId",
        "FromPort",
        "GroupId",
        "IpProtocol",
        "SourcePrefixListId",
        "SourceSecurityGroupId",
        "SourceSecurityGroupOwnerId",
        "ToPort",
    }
)

Rule = dict[str, Any]


def install() -> None:
    """Put this overlay in place."""
    ec2._ACTION_MAP["DescribeSecurityGroups"] = _filtered(ec2._ACTION_MAP["DescribeSecurityGroups"])
    ec2._rules_match = _same_rule
    for name, permissions in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        rules = _RuleType(permissions)
        cloudformation.register(
            f"AWS::EC2::SecurityGroup{name}",
            create=rules.create,
            update=rules.update,
            delete=rules.delete,
            replaced_by=_RULE_PROPERTIES,
        )


def _filtered(original: Callable[..., Any]) -> Callable[..., Any]:
    """The original checks the ids asked for; then it is asked for those groups that pass the filters."""

    def describe(params: dict[str, Any]) -> Any:
        answer, wanted = original(params), filters.requested(params)
        error = filters.unknown(wanted, _FILTERS) or (answer if answer[0] >= 400 else None)
        if error is not None:
            return error
        ids = ec2._parse_member_list(params, "GroupId")
        shown = "".join(
            ec2._sg_xml(group)
            for group in ec2._security_groups.values()
            if (not ids or group["GroupId"] in ids)
            and filters.matches(group["GroupId"], _values(group), wanted)
        )
        return ec2._xml(
            200, "DescribeSecurityGroupsResponse", f"<securityGroupInfo>{shown}</securityGroupInfo>"
        )

    return describe


def _values(group: dict[str, Any]) -> filters.Values:
    return {
        "description": group["Description"],
        "egress.ip-permission.group-id": _groups_named(group["IpPermissionsEgress"]),
        "group-id": group["GroupId"],
        "group-name": group["GroupName"],
        "ip-permission.group-id": _groups_named(group["IpPermissions"]),
        "owner-id": group["OwnerId"],
        "vpc-id": group["VpcId"],
    }


def _groups_named(rules: list[Rule]) -> list[str]:
    return [pair.get("GroupId", "") for rule in rules for pair in rule.get("UserIdGroupPairs", [])]


def _same_rule(one: Rule, other: Rule) -> bool:
    return _identity(one) == _identity(other)


def _identity(rule: Rule) -> tuple[Any, ...]:
    """What makes a rule the one it is: neither its description, nor the owner of a group that it names."""
    return (
        rule.get("IpProtocol"),
        rule.get("FromPort"),
        rule.get("ToPort"),
        *(
            sorted(entry.get(member, "") for entry in rule.get(entries, []))
            for entries, member in (
                ("IpRanges", "CidrIp"),
                ("Ipv6Ranges", "CidrIpv6"),
                ("PrefixListIds", "PrefixListId"),
                ("UserIdGroupPairs", "GroupId"),
            )
        ),
    )


class _RuleType:
    """One rule of a security group as a resource: Ref and the attribute Id give the rule's id."""

    def __init__(self, permissions: str) -> None:
        self._permissions = permissions

    def create(self, _logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
        group = ec2._security_groups.get(properties["GroupId"])
        if group is None:
            raise ValueError(f"The security group '{properties['GroupId']}' does not exist")
        rule = _rule(properties)
        if any(_same_rule(rule, held) for held in group[self._permissions]):
            raise ValueError("the specified rule already exists (InvalidPermission.Duplicate)")
        egress = self._permissions == "IpPermissionsEgress"
        rule["SecurityGroupRuleId"] = ec2._sg_rule_id(group["GroupId"], egress, rule)
        group[self._permissions].append(rule)
        return rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"]}

    def update(self, rule_id: str, _old: Properties, new: Properties, _stack: str) -> tuple[str, Properties]:
        """Only the description can change without a replacement."""
        held = self._find(rule_id, new)
        if held is not None:
            held.update(_rule(new), SecurityGroupRuleId=rule_id)
        return rule_id, {"Id": rule_id}

    def delete(self, rule_id: str, properties: Properties) -> None:
        held = self._find(rule_id, properties)
        if held is not None:
            ec2._security_groups[properties["GroupId"]][self._permissions].remove(held)

    def _find(self, rule_id: str, properties: Properties) -> Rule | None:
        group = ec2._security_groups.get(properties["GroupId"])
        rules = group[self._permissions] if group is not None else []
        return next((rule for rule in rules if rule.get("SecurityGroupRuleId") == rule_id), None)


def _rule(properties: Properties) -> Rule:
    (rule,) = provisioners._ec2_sg_permissions([properties])
    return dict(rule)

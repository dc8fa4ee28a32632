"""SageMaker's condition keys and tags in the policies of those who work in Studio."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import LocalAws, MakeRole, statement

ANY = "arn:aws:sagemaker:*:*:*"


def refused(call: Callable[..., Any], **arguments: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException", caught.value


def conditioned(actions: str | list[str], resource: str, **condition: dict[str, Any]) -> dict[str, Any]:
    return statement(actions, resource, Condition=condition)


@dataclass(frozen=True)
class Users:
    """A domain with the users ada and alan, who have a role each."""

    domain: str
    roles: dict[str, str]


@pytest.fixture
def users(local_aws: LocalAws, make_role: MakeRole) -> Users:
    ec2, sagemaker = local_aws.client("ec2"), local_aws.client("sagemaker")
    iam = local_aws.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/24")["Subnet"]["SubnetId"]
    owner = "arn:aws:sagemaker:*:*:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
    own = conditioned(
        ["sagemaker:CreateSpace", "sagemaker:DeleteSpace", "sagemaker:CreateApp"],
        "arn:aws:sagemaker:*:*:*/${sagemaker:DomainId}/*",
        ArnLike={"sagemaker:OwnerUserProfileArn": owner},
        StringEquals={"sagemaker:SpaceSharingType": "Private"},
    )
    trust = (
        '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": '
        '{"AWS": "arn:aws:iam::000000000000:root", "Service": "sagemaker.amazonaws.com"}}]}'
    )
    roles = {name: make_role(None, own) for name in ("ada", "alan")}
    for role in roles.values():
        iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=trust)
    domain = sagemaker.create_domain(
        DomainName="permissions",
        AuthMode="IAM",
        VpcId=vpc,
        SubnetIds=[subnet],
        DefaultUserSettings={"ExecutionRole": roles["ada"]},
    )["DomainId"]
    wait(sagemaker.describe_domain, DomainId=domain)
    for name, role in roles.items():
        sagemaker.create_user_profile(
            DomainId=domain, UserProfileName=name, UserSettings={"ExecutionRole": role}
        )
    for name in roles:
        wait(sagemaker.describe_user_profile, DomainId=domain, UserProfileName=name)
    return Users(domain, roles)


def wait(describe: Callable[..., Any], **named: str) -> None:
    while describe(**named)["Status"] == "Pending":
        time.sleep(0.05)


def space_of(users: Users, owner: str, sharing: str = "Private") -> dict[str, Any]:
    return {
        "DomainId": users.domain,
        "SpaceName": f"s-{uuid.uuid4().hex[:8]}",
        "OwnershipSettings": {"OwnerUserProfileName": owner},
        "SpaceSharingSettings": {"SharingType": sharing},
        "SpaceSettings": {"AppType": "JupyterLab"},
    }


def test_a_user_has_private_spaces_and_no_others(local_aws: LocalAws, users: Users) -> None:
    # Given
    ada = local_aws.as_role("sagemaker", users.roles["ada"])
    alan = local_aws.as_role("sagemaker", users.roles["alan"])
    space = space_of(users, "ada")
    named = {"DomainId": users.domain, "SpaceName": space["SpaceName"]}
    # Then
    refused(ada.create_space, **space_of(users, "alan"))
    refused(ada.create_space, **space_of(users, "ada", "Shared"))
    ada.create_space(**space)
    wait(local_aws.client("sagemaker").describe_space, **named)
    refused(alan.create_app, **named, AppType="JupyterLab", AppName="default")
    refused(alan.delete_space, **named)
    ada.delete_space(**named)


def test_a_role_may_use_some_machines_only(local_aws: LocalAws, make_role: MakeRole) -> None:
    # Given
    small = conditioned(
        "sagemaker:CreateEndpointConfig",
        "arn:aws:sagemaker:*:*:endpoint-config/*",
        **{"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.t3.*", "ml.m5.large"]}},
    )
    caller = local_aws.as_role("sagemaker", make_role(None, small))

    def request(*machines: str) -> dict[str, Any]:
        variants = [
            {"VariantName": f"v{index}", "ModelName": "none", "InstanceType": machine}
            for index, machine in enumerate(machines)
        ]
        name = f"c-{uuid.uuid4().hex[:8]}"
        return {"EndpointConfigName": name, "ProductionVariants": variants}

    # Then the other is refused, and what is allowed fails for the model alone
    refused(caller.create_endpoint_config, **request("ml.m5.large", "ml.p4d.24xlarge"))
    with pytest.raises(ClientError, match="Could not find model"):
        caller.create_endpoint_config(**request("ml.m5.large"))


def test_one_may_describe_a_model_and_another_approve_it(local_aws: LocalAws, make_role: MakeRole) -> None:
    # Given
    package = "arn:aws:sagemaker:us-east-1:000000000000:model-package/none/1"
    waiting = conditioned(
        "sagemaker:UpdateModelPackage",
        ANY,
        StringNotEquals={"sagemaker:ModelApprovalStatus": "Approved"},
    )
    caller = local_aws.as_role("sagemaker", make_role(None, waiting))
    # Then
    refused(caller.update_model_package, ModelPackageArn=package, ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="does not exist"):
        caller.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "sagemaker:ResourceTag/team"])
def test_tags_of_a_resource_count(local_aws: LocalAws, make_role: MakeRole, name: str, key: str) -> None:
    # Given
    sagemaker = local_aws.client("sagemaker")
    for suffix in ("own", "other"):
        sagemaker.create_model_package_group(
            ModelPackageGroupName=f"{name}-{suffix}", Tags=[{"Key": "team", "Value": suffix}]
        )
    describe = conditioned("sagemaker:DescribeModelPackageGroup", ANY, StringEquals={key: "own"})
    caller = local_aws.as_role("sagemaker", make_role(None, describe))
    # Then
    caller.describe_model_package_group(ModelPackageGroupName=f"{name}-own")
    refused(caller.describe_model_package_group, ModelPackageGroupName=f"{name}-other")


def test_a_role_may_tag_what_it_makes_and_nothing_else(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given
    create = statement("sagemaker:CreateModelPackageGroup", ANY)
    tag = conditioned("sagemaker:AddTags", ANY, Null={"sagemaker:TaggingAction": "false"})
    caller = local_aws.as_role("sagemaker", make_role(None, create, tag))
    tags = [{"Key": "k", "Value": "v"}]
    # Then
    made = caller.create_model_package_group(ModelPackageGroupName=name, Tags=tags)
    refused(caller.add_tags, ResourceArn=made["ModelPackageGroupArn"], Tags=tags)

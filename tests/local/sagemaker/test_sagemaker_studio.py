"""Studio's domains, profiles, spaces and apps, and notebook instances: their states and what holds them."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import Deploy, LocalAws, MakeRole, delete_stack, statement

SETTLE_SECONDS = 120
SCRIPT = base64.b64encode(b"#!/bin/bash").decode()


@dataclass(frozen=True)
class Network:
    vpc: str
    subnets: list[str]
    group: str


@dataclass
class Studio:
    """A domain, and how to add to it."""

    sagemaker: Any
    network: Network
    role: str
    domain: str

    def profile(self, name: str | None = None, **settings: Any) -> str:
        name = name or f"u-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_user_profile(DomainId=self.domain, UserProfileName=name, **settings)
        self.settled("user_profile", UserProfileName=name)
        return name

    def space(self, owner: str, name: str | None = None) -> str:
        name = name or f"s-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_space(
            DomainId=self.domain,
            SpaceName=name,
            OwnershipSettings={"OwnerUserProfileName": owner},
            SpaceSharingSettings={"SharingType": "Private"},
            SpaceSettings={"AppType": "JupyterLab"},
        )
        self.settled("space", SpaceName=name)
        return name

    def app(self, space: str) -> dict[str, str]:
        named = {"SpaceName": space, "AppType": "JupyterLab", "AppName": "default"}
        self.sagemaker.create_app(DomainId=self.domain, **named)
        assert self.settled("app", **named)["Status"] == "InService"
        return {"DomainId": self.domain, **named}

    def settled(self, kind: str, **named: str) -> dict[str, Any]:
        """The description of a resource once it isn't changing; empty once it is gone."""
        describe = getattr(self.sagemaker, f"describe_{kind}")
        return settled(lambda: describe(DomainId=self.domain, **named), "Status")

    def delete(self, kind: str, **named: Any) -> dict[str, Any]:
        getattr(self.sagemaker, f"delete_{kind}")(DomainId=self.domain, **named)
        named.pop("RetentionPolicy", None)
        return self.settled(kind, **named)


def settled(describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        try:
            found = describe()
        except ClientError as error:
            if "does not exist" in str(error) or "RecordNotFound" in str(error):
                return {}
            raise
        if found[member] not in ("Pending", "Updating", "Deleting", "Stopping"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it is still {found[member]}")


def refused(code: str, call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value)


@pytest.fixture(scope="module")
def network(local_aws: LocalAws) -> Network:
    """A VPC with subnets in two zones and a group."""
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for index, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="studio", Description="d")["GroupId"]
    return Network(vpc, [each["Subnet"]["SubnetId"] for each in subnets], group)


@pytest.fixture(scope="module")
def sagemaker(local_aws: LocalAws) -> Any:
    """One client for all: each would read SageMaker's large model again."""
    return local_aws.client("sagemaker")


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Statement": [trust]})
    made = local_aws.client("iam").create_role(RoleName="studio", AssumeRolePolicyDocument=document)
    return str(made["Role"]["Arn"])


def request_for_domain(network: Network, role: str) -> dict[str, Any]:
    """What CreateDomain takes."""
    return {
        "DomainName": "team",
        "AuthMode": "IAM",
        "AppNetworkAccessType": "VpcOnly",
        "VpcId": network.vpc,
        "SubnetIds": network.subnets,
        "DefaultUserSettings": {"ExecutionRole": role, "SecurityGroups": [network.group]},
        "Tags": [{"Key": "team", "Value": "ml"}],
    }


def make_studio(sagemaker: Any, network: Network, role: str) -> Studio:
    domain = sagemaker.create_domain(**request_for_domain(network, role))["DomainId"]
    made = Studio(sagemaker, network, role, domain)
    assert made.settled("domain")["Status"] == "InService"
    return made


@pytest.fixture
def own_studio(sagemaker: Any, network: Network, role: str) -> Studio:
    """A domain in service that the test may delete."""
    return make_studio(sagemaker, network, role)


@pytest.fixture(scope="module")
def studio(sagemaker: Any, network: Network, role: str) -> Studio:
    """A domain in service that the tests share: what they add to it bears names of their own."""
    return make_studio(sagemaker, network, role)


@pytest.fixture(scope="module")
def lab(studio: Studio) -> str:
    """A space that takes apps of type JupyterLab, and has none."""
    return studio.space(studio.profile("owner"), "empty")


def nfs_groups(ec2: Any, domain: str) -> dict[str, dict[str, Any]]:
    """The groups by which a domain's apps reach its file system, by name without the domain."""
    names = [f"security-group-for-*-nfs-{domain}"]
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": names}])
    return {each["GroupName"].split("-")[3]: each for each in found["SecurityGroups"]}


def test_a_domain_has_a_file_system_that_outlives_it(local_aws: LocalAws, own_studio: Studio) -> None:
    # Given
    efs, ec2 = local_aws.client("efs"), local_aws.client("ec2")
    described = own_studio.settled("domain")
    (file_system,) = efs.describe_file_systems(CreationToken=own_studio.domain)["FileSystems"]
    assert file_system["FileSystemId"] == described["HomeEfsFileSystemId"]
    assert file_system["Encrypted"] is True
    assert {"Key": "ManagedByAmazonSageMakerResource", "Value": described["DomainArn"]} in file_system["Tags"]
    # When the domain goes
    assert own_studio.delete("domain") == {}
    # Then its mount targets hold the subnets still
    targets = efs.describe_mount_targets(FileSystemId=file_system["FileSystemId"])["MountTargets"]
    assert sorted(target["SubnetId"] for target in targets) == sorted(own_studio.network.subnets)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=own_studio.network.subnets[0])
    # And its groups hold one another until their rules are revoked
    groups = nfs_groups(ec2, own_studio.domain)
    inbound, outbound = groups["inbound"], groups["outbound"]
    for target in targets:
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    while efs.describe_mount_targets(FileSystemId=file_system["FileSystemId"])["MountTargets"]:
        time.sleep(0.05)
    efs.delete_file_system(FileSystemId=file_system["FileSystemId"])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=inbound["GroupId"])
    ec2.revoke_security_group_ingress(GroupId=inbound["GroupId"], IpPermissions=inbound["IpPermissions"])
    ec2.revoke_security_group_egress(
        GroupId=outbound["GroupId"], IpPermissions=outbound["IpPermissionsEgress"]
    )
    for group in (inbound, outbound):
        ec2.delete_security_group(GroupId=group["GroupId"])


def test_a_domain_is_deleted_with_its_file_system_when_asked(local_aws: LocalAws, own_studio: Studio) -> None:
    own_studio.delete("domain", RetentionPolicy={"HomeEfsFileSystem": "Delete"})
    assert local_aws.client("efs").describe_file_systems(CreationToken=own_studio.domain)["FileSystems"] == []
    assert set(nfs_groups(local_aws.client("ec2"), own_studio.domain)) == {"inbound", "outbound"}


def test_what_holds_something_is_deleted_last(own_studio: Studio) -> None:
    # Given an app in a space of a user
    user = own_studio.profile()
    space = own_studio.space(user)
    app = own_studio.app(space)
    sagemaker, domain = own_studio.sagemaker, {"DomainId": own_studio.domain}
    # Then each is held by the next
    assert "because UserProfile(s) are associated" in refused(
        "ResourceInUse", sagemaker.delete_domain, **domain
    )
    assert "because Space(s) are associated" in refused(
        "ResourceInUse", sagemaker.delete_user_profile, **domain, UserProfileName=user
    )
    assert "because App(s) are associated" in refused(
        "ResourceInUse", sagemaker.delete_space, **domain, SpaceName=space
    )
    # When they are deleted from the inside
    sagemaker.delete_app(**app)
    assert (
        own_studio.settled("app", **{key: app[key] for key in app if key != "DomainId"})["Status"]
        == "Deleted"
    )
    # Then the app is listed still, as on AWS, and holds nothing
    (listed,) = sagemaker.list_apps(DomainIdEquals=own_studio.domain)["Apps"]
    assert (listed["AppName"], listed["Status"]) == ("default", "Deleted")
    refused("ResourceNotFound", sagemaker.delete_app, **app)
    assert own_studio.delete("space", SpaceName=space) == {}
    assert own_studio.delete("user_profile", UserProfileName=user) == {}
    assert own_studio.delete("domain") == {}


def test_an_app_is_in_the_vpc_and_bears_its_owners_tags(local_aws: LocalAws, studio: Studio) -> None:
    # Given
    user = studio.profile()
    space = studio.space(user)
    app = studio.app(space)
    arn = studio.sagemaker.describe_app(**app)["AppArn"]
    ec2 = local_aws.client("ec2")
    filters = [
        {"Name": "group-id", "Values": [studio.network.group]},
        {"Name": "description", "Values": [f"*{studio.domain}*"]},
    ]
    # Then
    assert arn.endswith(f":app/{studio.domain}/{space}/jupyterlab/default")
    assert studio.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]
    assert len(ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]) == 1
    # When it is deleted, its interface goes, and its name is free
    studio.delete("app", **{key: app[key] for key in app if key != "DomainId"})
    assert ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []
    studio.app(space)


def test_an_app_name_is_taken_while_the_app_lives(studio: Studio) -> None:
    app = studio.app(studio.space(studio.profile()))
    assert "already exists" in refused("ResourceInUse", studio.sagemaker.create_app, **app)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"AppName": "mine"}, "must be default"),
        ({"AppType": "CodeEditor"}, "takes apps of type JupyterLab only"),
        ({"UserProfileName": "owner"}, "Exactly one of UserProfileName and SpaceName"),
        ({"SpaceName": None, "UserProfileName": "owner"}, "run in a space"),
        ({"AppType": "Emacs"}, "enum value set"),
    ],
)
def test_an_app_that_cannot_be_is_refused(
    studio: Studio, lab: str, changed: dict[str, Any], text: str
) -> None:
    app = {"DomainId": studio.domain, "SpaceName": lab, "AppType": "JupyterLab", "AppName": "default"}
    wanted = {key: value for key, value in {**app, **changed}.items() if value is not None}
    assert text in refused("ValidationException", studio.sagemaker.create_app, **wanted)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"SubnetIds": ["subnet-none"]}, "'subnet-none' does not exist"),
        ({"VpcId": None}, "VpcId must be specified"),
        ({"KmsKeyId": "none"}, "KMS key none does not exist"),
        ({"DefaultUserSettings": {}}, "ExecutionRole must be specified"),
        ({"DomainName": "-"}, "regular expression pattern"),
    ],
)
def test_a_domain_that_cannot_be_is_refused(
    sagemaker: Any, network: Network, role: str, changed: dict[str, Any], text: str
) -> None:
    request = {**request_for_domain(network, role), **changed}
    wanted = {key: value for key, value in request.items() if value is not None}
    assert text in refused("ValidationException", sagemaker.create_domain, **wanted)


def test_a_domain_in_the_vpc_only_needs_security_groups(sagemaker: Any, network: Network, role: str) -> None:
    request = {**request_for_domain(network, role), "DefaultUserSettings": {"ExecutionRole": role}}
    text = refused("ValidationException", sagemaker.create_domain, **request)
    assert "SecurityGroups must be specified when AppNetworkAccessType is VpcOnly" in text


def test_a_profile_signs_on_as_its_domain_does(studio: Studio) -> None:
    text = refused(
        "ValidationException",
        studio.sagemaker.create_user_profile,
        DomainId=studio.domain,
        UserProfileName="ada",
        SingleSignOnUserIdentifier="UserName",
        SingleSignOnUserValue="ada",
    )
    assert "AuthMode is IAM" in text


def test_settings_are_changed_one_by_one(own_studio: Studio) -> None:
    # Given
    landing = {"DefaultLandingUri": "studio::"}
    user = own_studio.profile(UserSettings=landing)
    # When
    own_studio.sagemaker.update_domain(DomainId=own_studio.domain, DefaultUserSettings=landing)
    assert own_studio.settled("domain")["Status"] == "InService"
    own_studio.sagemaker.update_user_profile(
        DomainId=own_studio.domain, UserProfileName=user, UserSettings={"StudioWebPortal": "ENABLED"}
    )
    # Then
    assert own_studio.settled("domain")["DefaultUserSettings"] == {
        "ExecutionRole": own_studio.role,
        "SecurityGroups": [own_studio.network.group],
        **landing,
    }
    profile = own_studio.settled("user_profile", UserProfileName=user)
    assert profile["UserSettings"] == {**landing, "StudioWebPortal": "ENABLED"}


def test_subnets_stay_while_apps_run(studio: Studio) -> None:
    studio.app(studio.space(studio.profile()))
    refused(
        "ResourceInUse",
        studio.sagemaker.update_domain,
        DomainId=studio.domain,
        SubnetIds=studio.network.subnets[:1],
    )


def test_lists_are_filtered_and_come_in_pages(own_studio: Studio) -> None:
    # Given
    for user in ("ada", "alan", "grace"):
        own_studio.profile(user)
    own_studio.space("ada")
    # When
    pages = own_studio.sagemaker.get_paginator("list_user_profiles").paginate(
        DomainIdEquals=own_studio.domain, UserProfileNameContains="a", PaginationConfig={"PageSize": 2}
    )
    found = [[each["UserProfileName"] for each in page["UserProfiles"]] for page in pages]
    (space,) = own_studio.sagemaker.list_spaces(DomainIdEquals=own_studio.domain)["Spaces"]
    # Then
    assert found == [["ada", "alan"], ["grace"]]
    assert space["OwnershipSettingsSummary"] == {"OwnerUserProfileName": "ada"}
    assert own_studio.sagemaker.list_spaces(DomainIdEquals="d-none")["Spaces"] == []


def test_a_lifecycle_configuration_stays_while_it_is_named(studio: Studio, name: str) -> None:
    # Given
    sagemaker = studio.sagemaker
    arn = sagemaker.create_studio_lifecycle_config(
        StudioLifecycleConfigName=name,
        StudioLifecycleConfigContent=SCRIPT,
        StudioLifecycleConfigAppType="JupyterLab",
    )["StudioLifecycleConfigArn"]
    settings = {"JupyterLabAppSettings": {"LifecycleConfigArns": [arn]}}
    user = studio.profile(UserSettings=settings)
    # Then
    refused("ResourceInUse", sagemaker.delete_studio_lifecycle_config, StudioLifecycleConfigName=name)
    # When
    studio.delete("user_profile", UserProfileName=user)
    sagemaker.delete_studio_lifecycle_config(StudioLifecycleConfigName=name)
    # Then
    refused("ResourceNotFound", sagemaker.describe_studio_lifecycle_config, StudioLifecycleConfigName=name)
    refused(
        "ResourceNotFound",
        sagemaker.create_user_profile,
        DomainId=studio.domain,
        UserProfileName="new",
        UserSettings=settings,
    )


def test_a_lifecycle_configuration_is_base64(sagemaker: Any, name: str) -> None:
    text = refused(
        "ValidationException",
        sagemaker.create_studio_lifecycle_config,
        StudioLifecycleConfigName=name,
        StudioLifecycleConfigContent="#!/bin/bash",
        StudioLifecycleConfigAppType="JupyterLab",
    )
    assert "base64" in text


def test_giving_a_user_a_role_takes_pass_role(
    local_aws: LocalAws, studio: Studio, make_role: MakeRole
) -> None:
    # Given someone who may create profiles, and pass nothing
    create = statement("sagemaker:CreateUserProfile", f"arn:aws:sagemaker:*:*:user-profile/{studio.domain}/*")
    caller = local_aws.as_role("sagemaker", make_role(None, create))
    request = {"DomainId": studio.domain, "UserProfileName": "ada"}
    # Then
    text = refused(
        "AccessDeniedException",
        caller.create_user_profile,
        **request,
        UserSettings={"ExecutionRole": studio.role},
    )
    assert "iam:PassRole" in text
    assert caller.create_user_profile(**request)["UserProfileArn"]


@pytest.fixture
def notebook(sagemaker: Any, network: Network, role: str, name: str) -> str:
    """The name of a notebook instance that has just been asked for."""
    sagemaker.create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.t3.medium",
        RoleArn=role,
        SubnetId=network.subnets[0],
        SecurityGroupIds=[network.group],
        DirectInternetAccess="Disabled",
        RootAccess="Disabled",
    )
    return name


def notebook_settled(sagemaker: Any, name: str) -> dict[str, Any]:
    return settled(
        lambda: sagemaker.describe_notebook_instance(NotebookInstanceName=name), "NotebookInstanceStatus"
    )


def test_a_notebook_is_stopped_before_it_is_changed_or_deleted(
    local_aws: LocalAws, sagemaker: Any, notebook: str
) -> None:
    # Given
    ec2 = local_aws.client("ec2")
    named = {"NotebookInstanceName": notebook}
    made = notebook_settled(sagemaker, notebook)
    interface = {"NetworkInterfaceIds": [made["NetworkInterfaceId"]]}
    assert (made["NotebookInstanceStatus"], made["RootAccess"]) == ("InService", "Disabled")
    assert ec2.describe_network_interfaces(**interface)["NetworkInterfaces"]
    # Then a running one refuses
    text = refused("ValidationException", sagemaker.delete_notebook_instance, **named)
    assert "Status (InService) not in ([Stopped, Failed]). Unable to transition to (Deleting)" in text
    refused("ValidationException", sagemaker.update_notebook_instance, **named, InstanceType="ml.t3.large")
    # When it is stopped
    sagemaker.stop_notebook_instance(**named)
    text = refused("ValidationException", sagemaker.stop_notebook_instance, **named)
    assert "not in ([InService]). Unable to transition to (Stopping)" in text
    assert notebook_settled(sagemaker, notebook)["NotebookInstanceStatus"] == "Stopped"
    sagemaker.update_notebook_instance(**named, InstanceType="ml.t3.large")
    changed = notebook_settled(sagemaker, notebook)
    assert (changed["NotebookInstanceStatus"], changed["InstanceType"]) == ("Stopped", "ml.t3.large")
    # Then it goes, with its interface
    sagemaker.delete_notebook_instance(**named)
    assert notebook_settled(sagemaker, notebook) == {}
    refused("InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces, **interface)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"DirectInternetAccess": "Disabled"}, "only if SubnetId is specified"),
        ({"SecurityGroupIds": ["sg-1"]}, "with SubnetId only"),
        ({"LifecycleConfigName": "none"}, "does not exist"),
        ({"InstanceType": "ml.none"}, "enum value set"),
        ({"VolumeSizeInGB": 16385}, "less than or equal to 16384"),
    ],
)
def test_a_notebook_that_cannot_be_is_refused(
    sagemaker: Any, role: str, name: str, changed: dict[str, Any], text: str
) -> None:
    request = {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": role, **changed}
    assert text in refused("ValidationException", sagemaker.create_notebook_instance, **request)


def studio_template(network: Network, role: str, tag: str, network_access: str) -> dict[str, Any]:
    tags = [{"Key": "stage", "Value": tag}]
    domain = {"Ref": "Domain"}
    return {
        "Script": {
            "Type": "AWS::SageMaker::StudioLifecycleConfig",
            "Properties": {
                "StudioLifecycleConfigName": "stack-script",
                "StudioLifecycleConfigContent": SCRIPT,
                "StudioLifecycleConfigAppType": "JupyterLab",
            },
        },
        "Domain": {
            "Type": "AWS::SageMaker::Domain",
            "Properties": {
                "DomainName": "team",
                "AuthMode": "IAM",
                "AppNetworkAccessType": network_access,
                "VpcId": network.vpc,
                "SubnetIds": network.subnets,
                "DefaultUserSettings": {
                    "ExecutionRole": role,
                    "SecurityGroups": [network.group],
                    "JupyterLabAppSettings": {
                        "LifecycleConfigArns": [{"Fn::GetAtt": ["Script", "StudioLifecycleConfigArn"]}]
                    },
                },
                "Tags": tags,
            },
        },
        "Profile": {
            "Type": "AWS::SageMaker::UserProfile",
            "Properties": {"DomainId": domain, "UserProfileName": "ada", "Tags": tags},
        },
        "Space": {
            "Type": "AWS::SageMaker::Space",
            "DependsOn": "Profile",
            "Properties": {
                "DomainId": domain,
                "SpaceName": "lab",
                "OwnershipSettings": {"OwnerUserProfileName": "ada"},
                "SpaceSharingSettings": {"SharingType": "Private"},
                "SpaceSettings": {
                    "AppType": "JupyterLab",
                    "SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": "5"}},
                },
            },
        },
        "NotebookScript": {
            "Type": "AWS::SageMaker::NotebookInstanceLifecycleConfig",
            "Properties": {"OnStart": [{"Content": SCRIPT}]},
        },
        "Notebook": {
            "Type": "AWS::SageMaker::NotebookInstance",
            "Properties": {
                "InstanceType": "ml.t3.medium" if tag == "before" else "ml.t3.large",
                "RoleArn": role,
                "LifecycleConfigName": {
                    "Fn::GetAtt": ["NotebookScript", "NotebookInstanceLifecycleConfigName"]
                },
            },
        },
    }


STUDIO_OUTPUTS = {
    "Domain": {"Ref": "Domain"},
    "DomainArn": {"Fn::GetAtt": ["Domain", "DomainArn"]},
    "FileSystem": {"Fn::GetAtt": ["Domain", "HomeEfsFileSystemId"]},
    "ProfileArn": {"Fn::GetAtt": ["Profile", "UserProfileArn"]},
    "Profile": {"Ref": "Profile"},
    "Space": {"Ref": "Space"},
    "Notebook": {"Ref": "Notebook"},
    "NotebookName": {"Fn::GetAtt": ["Notebook", "NotebookInstanceName"]},
}


def test_cloudformation_makes_changes_and_deletes_studio(
    local_aws: LocalAws, sagemaker: Any, deploy: Deploy, network: Network, role: str, name: str
) -> None:
    # When
    made = deploy(name, studio_template(network, role, "before", "VpcOnly"), STUDIO_OUTPUTS)
    changed = deploy(name, studio_template(network, role, "after", "PublicInternetOnly"), STUDIO_OUTPUTS)
    # Then nothing was replaced
    domain = made["Domain"]
    assert changed == made
    assert made["DomainArn"].endswith(f":domain/{domain}")
    assert made["Profile"] == f"ada|{domain}"
    assert made["Space"] == f"{domain}|lab"
    assert made["Notebook"].endswith(f":notebook-instance/{made['NotebookName'].lower()}")
    # And all of it is as the second template has it
    described = sagemaker.describe_domain(DomainId=domain)
    assert described["AppNetworkAccessType"] == "PublicInternetOnly"
    assert described["HomeEfsFileSystemId"] == made["FileSystem"]
    assert {"Key": "stage", "Value": "after"} in sagemaker.list_tags(ResourceArn=made["ProfileArn"])["Tags"]
    notebook = sagemaker.describe_notebook_instance(NotebookInstanceName=made["NotebookName"])
    assert (notebook["InstanceType"], notebook["NotebookInstanceStatus"]) == ("ml.t3.large", "InService")
    # When
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"
    # Then only what the domain leaves behind is left
    refused("ResourceNotFound", sagemaker.describe_domain, DomainId=domain)
    assert local_aws.client("efs").describe_mount_targets(FileSystemId=made["FileSystem"])["MountTargets"]


def test_a_stack_with_a_running_app_keeps_its_domain(
    local_aws: LocalAws, sagemaker: Any, deploy: Deploy, network: Network, role: str, name: str
) -> None:
    # Given an app that the stack doesn't know
    made = deploy(name, studio_template(network, role, "before", "VpcOnly"), STUDIO_OUTPUTS)
    studio = Studio(sagemaker, network, role, made["Domain"])
    app = studio.app("lab")
    # When / Then
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_FAILED"
    # And the stack can go once the app is gone
    studio.delete("app", **{key: app[key] for key in app if key != "DomainId"})
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from studio_teardown.domain import BUSY, DomainSweep
from studio_teardown.leftovers import OWNER_TAG, Leftovers

DOMAIN, OTHER = "d-abcdefghijkl", "d-other"
DOMAIN_ARN = f"arn:aws:sagemaker:us-east-1:000000000000:domain/{DOMAIN}"
FILE_SYSTEM = "fs-0123456789abcdef0"


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "told so"}}, "Delete")


class Pages:
    def __init__(self, listing: str, found: list[dict[str, Any]]) -> None:
        self.listing, self.found = listing, found

    def paginate(self, **narrowed: Any) -> Iterator[dict[str, Any]]:
        yield {self.listing: []}
        for one in list(self.found):
            domain = narrowed.get("DomainIdEquals", one.get("DomainId"))
            if one.get("DomainId") == domain:
                yield {self.listing: [one]}


class SageMaker:
    """A domain with two users, which refuses to delete what has something in it; apps take a look to go."""

    def __init__(self) -> None:
        self.domains = [{"DomainId": name, "Status": "InService"} for name in (DOMAIN, OTHER)]
        self.profiles = [profile(DOMAIN, "ada"), profile(DOMAIN, "grace"), profile(OTHER, "ada")]
        self.spaces = [
            space(DOMAIN, "ada-lab", "ada"),
            space(DOMAIN, "grace-lab", "grace"),
            space(OTHER, "ada-lab", "ada"),
        ]
        self.apps = [
            app(DOMAIN, SpaceName="ada-lab"),
            app(DOMAIN, UserProfileName="ada"),
            app(DOMAIN, SpaceName="grace-lab"),
            app(OTHER, SpaceName="ada-lab"),
            {**app(DOMAIN, SpaceName="ada-lab"), "AppName": "old", "Status": "Deleted"},
        ]
        self.retention: dict[str, str] = {}
        self.errors: dict[str, ClientError] = {}

    def get_paginator(self, operation: str) -> Pages:
        if operation in self.errors:
            raise self.errors[operation]
        return {
            "list_apps": Pages("Apps", self.apps),
            "list_domains": Pages("Domains", self.domains),
            "list_spaces": Pages("Spaces", self.spaces),
            "list_user_profiles": Pages("UserProfiles", self.profiles),
        }[operation]

    def delete_app(self, **names: str) -> None:
        self._fail("delete_app")
        [found] = [one for one in self.apps if names.items() <= one.items()]
        assert found["Status"] == "InService"
        found["Status"] = "Deleting"

    def delete_space(self, **names: str) -> None:
        self._fail("delete_space")
        assert not any(names.items() <= one.items() for one in self._running())
        self.spaces[:] = [one for one in self.spaces if not names.items() <= one.items()]

    def delete_user_profile(self, **names: str) -> None:
        assert not any(_owner(one) == names["UserProfileName"] for one in self._here(self.spaces))
        self.profiles[:] = [one for one in self.profiles if not names.items() <= one.items()]

    def delete_domain(self, *, DomainId: str, RetentionPolicy: dict[str, str]) -> None:  # noqa: N803
        assert not self._here(self.profiles + self.spaces + self._running())
        self.retention = RetentionPolicy
        next(one for one in self.domains if one["DomainId"] == DomainId)["Status"] = "Deleting"

    def end(self) -> None:
        """What takes its time has come to its end."""
        for kind in (self.apps, self.domains):
            kind[:] = [one for one in kind if one["Status"] != "Deleting"]

    def _running(self) -> list[dict[str, Any]]:
        return [one for one in self.apps if one["Status"] != "Deleted"]

    def _here(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in found if one["DomainId"] == DOMAIN]

    def _fail(self, operation: str) -> None:
        if operation in self.errors:
            raise self.errors.pop(operation)


def profile(domain: str, name: str) -> dict[str, Any]:
    return {"DomainId": domain, "UserProfileName": name, "Status": "InService"}


def space(domain: str, name: str, owner: str) -> dict[str, Any]:
    owned = {"OwnerUserProfileName": owner}
    return {
        "DomainId": domain,
        "SpaceName": name,
        "Status": "InService",
        "OwnershipSettingsSummary": owned,
    }


def app(domain: str, **place: str) -> dict[str, Any]:
    return {
        "DomainId": domain,
        "AppType": "JupyterLab",
        "AppName": "default",
        "Status": "InService",
        **place,
    }


def _owner(space: dict[str, Any]) -> str:
    return str(space["OwnershipSettingsSummary"]["OwnerUserProfileName"])


class FileSystems:
    """A file system with a mount target in each of two subnets, each of which takes a look to go."""

    def __init__(self) -> None:
        self.exceptions = boto3.client("efs", region_name="us-east-1").exceptions
        self.targets = [{"MountTargetId": f"fsmt-{number}", "LifeCycleState": "available"} for number in "12"]
        self.state: str | None = "available"

    def get_paginator(self, operation: str) -> "FileSystems":
        assert operation == "describe_mount_targets"
        return self

    def paginate(self, *, FileSystemId: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        self._require(FileSystemId)
        for target in self.targets:
            yield {"MountTargets": [target]}

    def delete_mount_target(self, *, MountTargetId: str) -> None:  # noqa: N803
        next(one for one in self.targets if one["MountTargetId"] == MountTargetId)["LifeCycleState"] = (
            "deleting"
        )

    def describe_file_systems(self, *, FileSystemId: str) -> dict[str, Any]:  # noqa: N803
        self._require(FileSystemId)
        return {"FileSystems": [{"LifeCycleState": self.state}]}

    def delete_file_system(self, *, FileSystemId: str) -> None:  # noqa: N803
        assert not self.targets
        assert FileSystemId == FILE_SYSTEM
        self.state = "deleting"

    def end(self) -> None:
        self.targets = [target for target in self.targets if target["LifeCycleState"] != "deleting"]
        self.state = None if self.state == "deleting" else self.state

    def _require(self, name: str) -> None:
        assert name == FILE_SYSTEM
        if self.state is None:
            details = {"Error": {"Code": "FileSystemNotFound", "Message": "no such file system"}}
            raise self.exceptions.FileSystemNotFound(details, "Describe")


class SecurityGroups:
    """SageMaker's two groups, whose rules name each other, so that neither can go before its rules."""

    def __init__(self) -> None:
        self.groups = {
            name: {
                "GroupId": f"sg-{name}",
                "GroupName": f"security-group-for-{name}-nfs-{DOMAIN}",
                "IpPermissions": [{"IpProtocol": "tcp"}] if name == "inbound" else [],
                "IpPermissionsEgress": [{"IpProtocol": "tcp"}],
            }
            for name in ("inbound", "outbound")
        }
        self.in_use = False

    def get_paginator(self, operation: str) -> "SecurityGroups":
        assert operation == "describe_security_groups"
        return self

    def paginate(self, *, Filters: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert Filters == [{"Name": f"tag:{OWNER_TAG}", "Values": [DOMAIN_ARN]}]
        # As boto3 does: what was listed doesn't change with what is done.
        yield {"SecurityGroups": json.loads(json.dumps(list(self.groups.values())))}

    def revoke_security_group_ingress(self, *, GroupId: str, IpPermissions: list[Any]) -> None:  # noqa: N803
        self._revoke(GroupId, "IpPermissions", IpPermissions)

    def revoke_security_group_egress(self, *, GroupId: str, IpPermissions: list[Any]) -> None:  # noqa: N803
        self._revoke(GroupId, "IpPermissionsEgress", IpPermissions)

    def _revoke(self, group: str, rules: str, revoked: list[Any]) -> None:
        assert self.groups[group.removeprefix("sg-")][rules] == revoked
        self.groups[group.removeprefix("sg-")][rules] = []

    def delete_security_group(self, *, GroupId: str) -> None:  # noqa: N803
        rules = ("IpPermissions", "IpPermissionsEgress")
        if self.in_use or any(group[kind] for group in self.groups.values() for kind in rules):
            raise error("DependencyViolation")
        del self.groups[GroupId.removeprefix("sg-")]


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


@pytest.fixture
def efs() -> FileSystems:
    return FileSystems()


@pytest.fixture
def ec2() -> SecurityGroups:
    return SecurityGroups()


@pytest.fixture
def handler(
    monkeypatch: pytest.MonkeyPatch, sagemaker: SageMaker, efs: FileSystems, ec2: SecurityGroups
) -> Any:
    module = importlib.import_module("studio_teardown.handler")
    monkeypatch.setattr(module, "domain_sweep", DomainSweep(sagemaker=sagemaker))
    monkeypatch.setattr(module, "leftovers", Leftovers(efs=efs, ec2=ec2))
    return module


def event(request: str, kind: str = "Domain", *, keep: str = "false") -> dict[str, Any]:
    properties = {
        "Domain": {
            "DomainId": DOMAIN,
            "DomainArn": DOMAIN_ARN,
            "FileSystemId": FILE_SYSTEM,
            "KeepFileSystem": keep,
        },
        "User": {"DomainId": DOMAIN, "UserProfileName": "ada"},
    }
    return {
        "RequestType": request,
        "ResourceType": f"Custom::Studio{kind}Teardown",
        "LogicalResourceId": "Teardown",
        "ResourceProperties": {"ServiceToken": "arn", **properties[kind]},
        **({} if request == "Create" else {"PhysicalResourceId": "first"}),
    }


def test_a_users_apps_go_then_the_users_spaces_and_nothing_of_others(sagemaker: SageMaker) -> None:
    sweep = DomainSweep(sagemaker=sagemaker)

    # When there are apps, then they are deleted, and the space is kept so long
    left = sweep.sweep_user(DOMAIN, "ada")
    assert left == ["app JupyterLab default of ada-lab is going", "app JupyterLab default of ada is going"]
    assert all("is Deleting" in one for one in sweep.sweep_user(DOMAIN, "ada"))
    assert len(sagemaker.spaces) == 3

    # When they have gone, then the space goes
    sagemaker.end()
    assert sweep.sweep_user(DOMAIN, "ada") == ["space ada-lab is going"]
    assert sweep.sweep_user(DOMAIN, "ada") == []

    # And what others have is still there, and the profile, which is CloudFormation's
    assert [(one["DomainId"], one["SpaceName"]) for one in sagemaker.spaces] == [
        (DOMAIN, "grace-lab"),
        (OTHER, "ada-lab"),
    ]
    assert [one["Status"] for one in sagemaker.apps] == ["InService", "InService", "Deleted"]
    assert len(sagemaker.profiles) == 3


def test_a_domain_goes_from_the_inside_out_and_leaves_its_file_system(sagemaker: SageMaker) -> None:
    sweep = DomainSweep(sagemaker=sagemaker)
    steps = []

    # When it is looked at until all is gone
    while left := sweep.sweep_domain(DOMAIN):
        steps.append({one.split()[0] for one in left})
        sagemaker.end()

    # Then nothing went before what was in it
    assert steps == [{"app"}, {"space"}, {"user"}, {"domain"}]
    assert sagemaker.retention == {"HomeEfsFileSystem": "Retain"}
    # And another domain has all it had
    others = [sagemaker.domains, sagemaker.profiles, sagemaker.spaces]
    assert [[one["DomainId"] for one in kind] for kind in others] == [[OTHER]] * 3


@pytest.mark.parametrize("status", sorted(BUSY))
def test_what_is_being_changed_is_waited_for(sagemaker: SageMaker, status: str) -> None:
    sagemaker.apps = [{**app(DOMAIN, SpaceName="ada-lab"), "Status": status}]

    assert DomainSweep(sagemaker=sagemaker).sweep_domain(DOMAIN) == [
        f"app JupyterLab default of ada-lab is {status}"
    ]


@pytest.mark.parametrize("shape", ["AppStatus", "SpaceStatus", "UserProfileStatus", "DomainStatus"])
def test_every_status_of_sagemaker_is_either_waited_for_or_deleted(shape: str) -> None:
    model = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
    at_rest = {"Deleted", "Delete_Failed", "Failed", "InService", "Update_Failed"}

    assert set(model.shape_for(shape).enum) <= BUSY | at_rest


def test_mount_targets_go_before_the_file_system(efs: FileSystems, ec2: SecurityGroups) -> None:
    leftovers = Leftovers(efs=efs, ec2=ec2)

    assert leftovers.sweep_file_system(FILE_SYSTEM, keep=False) == [
        "mount target fsmt-1 is going",
        "mount target fsmt-2 is going",
    ]
    assert "fsmt-1 is deleting" in leftovers.sweep_file_system(FILE_SYSTEM, keep=False)[0]
    efs.end()
    assert leftovers.sweep_file_system(FILE_SYSTEM, keep=False) == [f"file system {FILE_SYSTEM} is going"]
    assert leftovers.sweep_file_system(FILE_SYSTEM, keep=False) == [f"file system {FILE_SYSTEM} is going"]
    efs.end()
    assert leftovers.sweep_file_system(FILE_SYSTEM, keep=False) == []


def test_a_file_system_that_is_kept_loses_its_mount_targets_only(
    efs: FileSystems, ec2: SecurityGroups
) -> None:
    leftovers = Leftovers(efs=efs, ec2=ec2)

    assert len(leftovers.sweep_file_system(FILE_SYSTEM, keep=True)) == 2
    efs.end()

    assert leftovers.sweep_file_system(FILE_SYSTEM, keep=True) == []
    assert efs.state == "available"


def test_security_groups_lose_their_rules_and_go(efs: FileSystems, ec2: SecurityGroups) -> None:
    leftovers = Leftovers(efs=efs, ec2=ec2)

    # Given groups that an interface is still in, then they are tried again
    ec2.in_use = True
    assert any("DependencyViolation" in one for one in leftovers.sweep_security_groups(DOMAIN_ARN))
    # When it has gone, then so do they
    ec2.in_use = False
    assert leftovers.sweep_security_groups(DOMAIN_ARN)
    assert leftovers.sweep_security_groups(DOMAIN_ARN) == []


def test_a_resource_is_named_by_what_it_ends(handler: Any) -> None:
    assert handler.on_event(event("Create"), None) == {"PhysicalResourceId": DOMAIN}
    assert handler.on_event(event("Create", "User"), None) == {"PhysicalResourceId": f"{DOMAIN}/ada"}
    # So that with another domain the one for the old domain is deleted
    assert handler.on_event(event("Update"), None) == {"PhysicalResourceId": DOMAIN}
    assert handler.on_event(event("Delete"), None) == {"PhysicalResourceId": "first"}


@pytest.mark.parametrize("kind", ["Domain", "User"])
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_only_deletion_deletes(handler: Any, sagemaker: SageMaker, request_type: str, kind: str) -> None:
    assert handler.is_complete(event(request_type, kind), None) == {"IsComplete": True}
    assert [one["Status"] for one in sagemaker.apps[:3]] == ["InService"] * 3


@pytest.mark.parametrize(("keep", "left"), [("false", None), ("true", "available")])
def test_deletion_is_complete_when_nothing_is_left(
    handler: Any, sagemaker: SageMaker, efs: FileSystems, ec2: SecurityGroups, keep: str, left: str | None
) -> None:
    looks = 0
    while handler.is_complete(event("Delete", keep=keep), None) == {"IsComplete": False}:
        looks += 1
        assert looks < 20
        sagemaker.end()
        efs.end()

    assert [one["DomainId"] for one in sagemaker.domains] == [OTHER]
    assert (efs.state, efs.targets, ec2.groups) == (left, [], {})


def test_deletion_of_a_user_is_complete_when_nothing_is_left(handler: Any, sagemaker: SageMaker) -> None:
    while handler.is_complete(event("Delete", "User"), None) == {"IsComplete": False}:
        sagemaker.end()

    assert [_owner(one) for one in sagemaker.spaces if one["DomainId"] == DOMAIN] == ["grace"]


@pytest.mark.parametrize("operation", ["delete_app", "list_apps"])
@pytest.mark.parametrize("code", ["ThrottlingException", "ResourceInUse", "ResourceNotFound"])
def test_an_error_that_passes_is_tried_again(
    handler: Any, sagemaker: SageMaker, operation: str, code: str
) -> None:
    sagemaker.errors[operation] = error(code)
    assert handler.is_complete(event("Delete"), None) == {"IsComplete": False}


@pytest.mark.parametrize("operation", ["delete_app", "list_apps"])
def test_an_error_that_does_not_pass_is_raised(handler: Any, sagemaker: SageMaker, operation: str) -> None:
    sagemaker.errors[operation] = error("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        handler.is_complete(event("Delete"), None)

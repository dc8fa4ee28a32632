"""Studio on the local AWS: people's roles, and an end by `cdk destroy` that leaves nothing, whatever runs."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local.platform.deployed import DeployedPlatform

STACKS = ("ml-dev-network", "ml-dev-studio")
USER, SPACE = "data-scientist", "data-scientist-lab"
END_SECONDS = 60.0


@pytest.fixture(scope="module")
def studio(platform: DeployedPlatform) -> DeployedPlatform:
    """The shared platform with its network and Studio, which the module's last test destroys."""
    platform.deploy(STACKS)
    return platform


def _open_app(platform: DeployedPlatform, name: str, **place: str) -> None:
    sagemaker = platform.client("sagemaker")
    place = {"DomainId": platform.outputs["DomainId"], "AppType": "JupyterLab", "AppName": name, **place}
    sagemaker.create_app(**place)
    deadline = time.monotonic() + END_SECONDS
    while sagemaker.describe_app(**place)["Status"] != "InService":
        assert time.monotonic() < deadline, place
        time.sleep(0.05)


def _left_over(platform: DeployedPlatform) -> dict[str, Any]:
    sagemaker, ec2 = platform.client("sagemaker"), platform.client("ec2")
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    own = [{"Name": "vpc-id", "Values": vpcs or ["none"]}]
    found = {
        "domains": sagemaker.list_domains()["Domains"],
        "spaces": sagemaker.list_spaces()["Spaces"],
        "profiles": sagemaker.list_user_profiles()["UserProfiles"],
        "apps": [app for app in sagemaker.list_apps()["Apps"] if app["Status"] != "Deleted"],
        "scripts": sagemaker.list_studio_lifecycle_configs()["StudioLifecycleConfigs"],
        "file systems": platform.client("efs").describe_file_systems()["FileSystems"],
        "vpcs": vpcs,
        "groups": ec2.describe_security_groups(Filters=own)["SecurityGroups"],
        "interfaces": ec2.describe_network_interfaces(Filters=own)["NetworkInterfaces"],
    }
    return {kind: each for kind, each in found.items() if each}


def test_each_user_has_a_profile_as_their_persona_and_a_private_space(studio: DeployedPlatform) -> None:
    sagemaker, domain = studio.client("sagemaker"), studio.outputs["DomainId"]

    profile = sagemaker.describe_user_profile(DomainId=domain, UserProfileName=USER)
    space = sagemaker.describe_space(DomainId=domain, SpaceName=SPACE)

    assert "DataScientistRole" in profile["UserSettings"]["ExecutionRole"]
    assert space["SpaceSharingSettings"] == {"SharingType": "Private"}
    assert space["OwnershipSettings"] == {"OwnerUserProfileName": USER}


def test_destroying_studio_ends_what_runs_and_leaves_nothing(studio: DeployedPlatform) -> None:
    # Given a running app, a space that someone made, and a profile by hand
    sagemaker, domain = studio.client("sagemaker"), studio.outputs["DomainId"]
    _open_app(studio, "default", SpaceName=SPACE)
    sagemaker.create_space(
        DomainId=domain,
        SpaceName="own",
        OwnershipSettings={"OwnerUserProfileName": USER},
        SpaceSharingSettings={"SharingType": "Private"},
        SpaceSettings={"AppType": "JupyterLab"},
    )
    sagemaker.create_user_profile(DomainId=domain, UserProfileName="guest")
    assert _left_over(studio).keys() >= {"apps", "spaces", "file systems", "groups", "interfaces"}
    # When the stacks are destroyed
    studio.destroy(STACKS)
    # Then nothing is left, so the VPC could go too
    assert _left_over(studio) == {}

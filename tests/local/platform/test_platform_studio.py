"""Studio on the local AWS: people's roles. How it ends is in the platform's life."""

from __future__ import annotations

from tests.local.platform.deployed import DeployedPlatform
from tests.local.platform.studio_people import SPACE, USER


def test_each_user_has_a_profile_as_their_persona_and_a_private_space(studio: DeployedPlatform) -> None:
    sagemaker, domain = studio.client("sagemaker"), studio.outputs["DomainId"]

    profile = sagemaker.describe_user_profile(DomainId=domain, UserProfileName=USER)
    space = sagemaker.describe_space(DomainId=domain, SpaceName=SPACE)

    assert "DataScientistRole" in profile["UserSettings"]["ExecutionRole"]
    assert space["SpaceSharingSettings"] == {"SharingType": "Private"}
    assert space["OwnershipSettings"] == {"OwnerUserProfileName": USER}

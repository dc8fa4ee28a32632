"""Wrong settings of Studio are refused with the field, the value, and what is allowed."""

from typing import Any

import pytest

from settings.loading import SettingsError
from tests.unit.settings.conftest import Project, changed

BAD_SETTINGS = [
    ("auth_mode", "SAML", '"SAML" is not allowed; people sign in by IAM, or by SSO'),
    ("users.ada.persona", "boss", '"boss" is not allowed; a persona is one of data_scientist, lead'),
    ("users.ada_l", {"persona": "lead"}, "a mapping of at most 59 letters, digits and single dashes"),
    ("users." + "a" * 60, {"persona": "lead"}, "a mapping of at most 59 letters, digits and single dashes"),
    (
        "users.ada.sso_user_name",
        "ada@example.com",
        "with studio.auth_mode IAM there is no user of IAM Identity",
    ),
    ("instance_type", "ml.t3.mediun", "did you mean ml.t3.medium? a Studio app runs on one of"),
    ("instance_type", "system", "a Studio app runs on one of SageMaker's"),
    (
        "idle_minutes",
        59,
        "59 is not allowed; an app that nobody uses is shut down after 60 to 525600 minutes",
    ),
    ("volume_gb", 4, "4 is not allowed; a space's disk has 5 to 16384 GB"),
    ("most_volume_gb", 5, "5 is not allowed; a space's disk begins with volume_gb, 20 GB"),
    ("code_repository", "git@example.com:a/b", "the https address of a Git repository"),
    ("notebook_instance.instance_type", "ml.huge", "a notebook instance runs on one of SageMaker's"),
    ("notebook_instance.volume_gb", 1, "1 is not allowed; the notebook instance's disk is 5 to 16384 GB"),
    ("user", {}, 'unknown key "user"; did you mean users?'),
]


@pytest.fixture
def studio(project: Project) -> dict[str, Any]:
    """Valid settings of Studio, in the project's environment."""
    settings: dict[str, Any] = {
        "users": {"ada": {"persona": "lead"}},
        "volume_gb": 20,
        "notebook_instance": {"instance_type": "ml.t3.medium"},
    }
    project.environment["studio"] = settings
    return settings


@pytest.mark.parametrize(("field", "value", "problem"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_by_name(
    project: Project, studio: dict[str, Any], field: str, value: object, problem: str
) -> None:
    # Given
    changed(studio, field, value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    (fault,) = error.value.faults
    assert fault.field == f"studio.{field}"
    assert problem in fault.problem


def test_there_is_no_studio_unless_asked_for(project: Project) -> None:
    assert project.load_environment().studio is None


def test_with_sso_every_user_is_one_of_identity_center(project: Project, studio: dict[str, Any]) -> None:
    # Given
    studio["auth_mode"] = "SSO"
    # When / Then
    with pytest.raises(SettingsError, match=r"users\.ada\.sso_user_name: null is not allowed; .* SSO needs"):
        project.load_environment()
    # And with a name it is fine
    studio["users"]["ada"]["sso_user_name"] = "ada@example.com"
    assert project.load_environment().studio


@pytest.mark.parametrize(
    ("network", "repository", "fits"),
    [
        ({"mode": "public"}, "https://github.com/example/notebooks", True),
        ({"mode": "vpc_only"}, "https://github.com/example/notebooks", False),
        (
            {"mode": "vpc_only"},
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/notebooks",
            True,
        ),
        (
            {
                "mode": "vpc_only",
                "vpc_id": "vpc-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0"],
                "security_group_ids": ["sg-0123456789abcdef0"],
            },
            "https://github.com/example/notebooks",
            True,
        ),
    ],
    ids=["public", "isolated", "CodeCommit", "a VPC that is there"],
)
def test_a_repository_must_be_in_reach(
    project: Project, studio: dict[str, Any], network: dict[str, Any], repository: str, fits: bool
) -> None:
    # Given a repository, and a network without or with a way to it
    project.environment["network"] = network
    studio["code_repository"] = repository
    # When the settings are loaded
    if fits:
        assert project.load_environment().studio
        return
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then the refusal says why, and what would be right
    (fault,) = error.value.faults
    assert fault.field == "studio.code_repository"
    assert "no way to the Internet" in fault.problem
    assert "CodeCommit" in fault.problem

"""SageMaker Studio: who works there, on which machines, with which code."""

from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal

from botocore.loaders import Loader
from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed
from settings.network import Network
from settings.schema import Finding, Section, rejected

Persona = Literal["data_scientist", "lead"]
PERSONAS: tuple[Persona, ...] = ("data_scientist", "lead")

SPACE_SUFFIX = "lab"
_LONGEST_NAME = 63 - len(f"-{SPACE_SUFFIX}")
CODE_COMMIT = "https://git-codecommit."

UserName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=_LONGEST_NAME)]


class StudioUser(Section):
    """A person's profile in the domain."""

    persona: Persona = Field(description=f"a persona is one of {', '.join(PERSONAS)}")
    sso_user_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="the person's user name in IAM Identity Center, or null with auth_mode IAM",
    )


class NotebookInstance(Section):
    """A classic notebook instance, as older tutorials use it."""

    instance_type: str = Field(
        default="ml.t3.medium", description="an instance type of notebook instances such as ml.t3.medium"
    )
    volume_gb: int = Field(
        default=10, ge=5, le=16384, description="the notebook instance's disk is 5 to 16384 GB"
    )

    @field_validator("instance_type")
    @classmethod
    def _known(cls, instance_type: str) -> str:
        return _known_type("InstanceType", "a notebook instance", instance_type)


class Studio(Section):
    """A SageMaker domain with a profile and a private space for each user."""

    auth_mode: Literal["IAM", "SSO"] = Field(
        default="IAM", description="people sign in by IAM, or by SSO, which is IAM Identity Center"
    )
    users: dict[UserName, StudioUser] = Field(
        default={},
        description=(
            f"a mapping of at most {_LONGEST_NAME} letters, digits and single dashes, the user's name, to a "
            "mapping with persona and, with SSO, sso_user_name"
        ),
    )
    instance_type: str = Field(
        default="ml.t3.medium", description="an instance type of Studio's apps such as ml.t3.medium"
    )
    idle_minutes: int = Field(
        default=60,
        ge=60,
        le=525600,
        description="an app that nobody uses is shut down after 60 to 525600 minutes",
    )
    volume_gb: int = Field(default=5, ge=5, le=16384, description="a space's disk has 5 to 16384 GB")
    most_volume_gb: int = Field(
        default=100, ge=5, le=16384, description="a space's disk may grow to 5 to 16384 GB"
    )
    code_repository: str | None = Field(
        default=None,
        max_length=1024,
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CodeRepository.html
        pattern=r"^https://([.\-_a-zA-Z0-9]+/?){3,1016}$",
        description="the https address of a Git repository that spaces offer to clone, or null",
    )
    notebook_instance: NotebookInstance | None = Field(
        default=None,
        description="null, or a mapping with instance_type and volume_gb for a classic notebook instance",
    )

    @field_validator("users")
    @classmethod
    def _signed_in_as_the_domain_says(
        cls, users: dict[str, StudioUser], info: ValidationInfo
    ) -> dict[str, StudioUser]:
        sso = info.data.get("auth_mode") == "SSO"
        found = []
        for name, user in users.items():
            if sso is (user.sso_user_name is not None):
                continue
            allowed = (
                "studio.auth_mode SSO needs the user's name in IAM Identity Center"
                if sso
                else "with studio.auth_mode IAM there is no user of IAM Identity Center"
            )
            found.append(Finding(("users", name, "sso_user_name"), not_allowed(user.sso_user_name, allowed)))
        if found:
            raise rejected(*found)
        return users

    @field_validator("instance_type")
    @classmethod
    def _known(cls, instance_type: str) -> str:
        return _known_type("AppInstanceType", "a Studio app", instance_type)

    @field_validator("most_volume_gb")
    @classmethod
    def _not_below_the_first_size(cls, most: int, info: ValidationInfo) -> int:
        volume = info.data.get("volume_gb", 0)
        if most < volume:
            allowed = f"a space's disk begins with volume_gb, {volume} GB"
            raise rejected(Finding(("most_volume_gb",), not_allowed(most, allowed)))
        return most

    def contradictions(self, network: Network) -> list[Finding]:
        """What can't be in a network, with paths that start here."""
        repository = self.code_repository
        isolated = network.mode == "vpc_only" and not network.brings_a_vpc
        if repository and isolated and not repository.startswith(CODE_COMMIT):
            allowed = (
                "the platform's own VPC has no way to the Internet: take a repository in CodeCommit "
                f"({CODE_COMMIT}<region>.amazonaws.com/v1/repos/<name>), or a VPC with a NAT gateway"
            )
            return [Finding(("code_repository",), not_allowed(repository, allowed))]
        return []


@cache
def _types(shape: str) -> tuple[str, ...]:
    types = Loader().load_service_model("sagemaker", "service-2")["shapes"][shape]["enum"]
    return tuple(name for name in types if name.startswith("ml."))


def _known_type(shape: str, use: str, instance_type: str) -> str:
    """Check an instance type against SageMaker's own list, which botocore has."""
    known = _types(shape)
    if instance_type not in known:
        near = get_close_matches(instance_type, known, n=1)
        suggestion = f"did you mean {near[0]}? " if near else ""
        allowed = f"{suggestion}{use} runs on one of SageMaker's {len(known)} types, such as ml.t3.medium"
        raise rejected(Finding(("instance_type",), not_allowed(instance_type, allowed)))
    return instance_type

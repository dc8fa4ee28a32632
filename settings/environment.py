"""An environment: where the platform is deployed and how carefully (`settings/<name>.yaml`)."""

import re
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.alarms import Alarms
from settings.api import Api
from settings.audit import Audit
from settings.catalogue import Catalogue
from settings.errors import not_allowed, shown, unknown
from settings.governance import Governance, missing_tags
from settings.network import Network
from settings.regions import dns_suffixes
from settings.schema import Finding, Section, rejected
from settings.studio import Studio
from settings.website import Website

LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

_MOST_TAGS = 50
_TAG_CHARACTERS = re.compile(r"[\w\s.:/=+\-@]*")


class Recommendation(Section):
    """What the recommendation API asks."""

    workload: str = Field(description="the name of the workload whose endpoint answers the API")


class Notifications(Section):
    """Who is told when a run or a deployment fails."""

    email: str | None = Field(
        default=None,
        pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
        description="an email address such as team@example.com, or null for none",
    )


class Environment(Section):
    """One deployment of the platform; its name is its file's."""

    supplied: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    prefix: str = Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        description=(
            "the prefix begins every stack's and endpoint's name: lower-case letters and digits, "
            "in words joined by single dashes, starting with a letter"
        ),
    )
    region: str | None = Field(
        default=None, description="a region such as us-east-1, or null for templates that fit every region"
    )
    retain_data: bool = Field(
        default=True,
        description="true keeps buckets and keys when the stacks are deleted, false deletes them",
    )
    approval: Literal["automatic", "manual"] = Field(
        default="manual",
        description="approval of a model that passed its gate is automatic or manual",
    )
    log_retention_days: int = Field(
        default=365,
        description=f"CloudWatch keeps logs for one of {', '.join(map(str, LOG_RETENTION_DAYS))} days",
    )
    audit: Audit | None = Field(
        default=Audit(),
        description="a mapping with management_events and log_group, or null for no trail",
    )
    catalogue: Catalogue = Field(default=Catalogue(), description="a mapping with scan_limit_mb")
    network: Network = Field(
        default=Network(),
        description=(
            "a mapping with mode and, for vpc_only, cidr and zones of a VPC to make, "
            "or vpc_id, subnet_ids and security_group_ids of one that is there, and in_place_of_serverless"
        ),
    )
    studio: Studio | None = Field(
        default=None,
        description="null, or a mapping with users and what they work on: a SageMaker Studio domain",
    )
    api: Api = Field(
        description=(
            "a mapping with throttling_rate, throttling_burst and optionally waf, log_role, predictions, keys"
        )
    )
    recommendation: Recommendation = Field(description="a mapping with workload")
    website: Website = Field(
        default=Website(), description="a mapping with domain and certificate_arn, or null for each"
    )
    notifications: Notifications = Field(
        default=Notifications(), description="a mapping with email, an address or null"
    )
    alarms: Alarms = Field(
        default=Alarms(),
        description="a mapping with watch and the thresholds of alarms, each of them optional",
    )
    governance: Governance = Field(
        default=Governance(),
        description="a mapping with permissions_boundary, role_path and budget, each of them optional",
    )
    tags: dict[str, str] = Field(
        default={},
        validate_default=True,
        description="a mapping of tag keys to text, put on everything the stacks make",
    )
    workloads: dict[str, dict[str, Any]] = Field(
        default={}, description="a mapping of workload names to the part of their settings that differs here"
    )

    def resource_name(self, slug: str) -> str:
        """What a workload's endpoint, registry group and jobs are named by, in this environment only."""
        return f"{self.prefix}-{slug}"

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str | None) -> str | None:
        if region is not None and region not in dns_suffixes():
            raise rejected(Finding(("region",), unknown("region", region, list(dns_suffixes()))))
        return region

    @field_validator("network")
    @classmethod
    def _one_kind_of_network(cls, network: Network) -> Network:
        found = [Finding(("network", *path), problem) for path, problem in network.contradictions()]
        if found:
            raise rejected(*found)
        return network

    @field_validator("studio")
    @classmethod
    def _studio_in_its_network(cls, studio: Studio | None, info: ValidationInfo) -> Studio | None:
        network = info.data.get("network")
        found = studio.contradictions(network) if studio and network else []
        if found:
            raise rejected(*(Finding(("studio", *path), problem) for path, problem in found))
        return studio

    @field_validator("log_retention_days")
    @classmethod
    def _known_retention(cls, days: int) -> int:
        if days not in LOG_RETENTION_DAYS:
            allowed = cls.model_fields["log_retention_days"].description or ""
            raise rejected(Finding(("log_retention_days",), not_allowed(days, allowed)))
        return days

    @field_validator("tags")
    @classmethod
    def _tags_that_aws_takes(cls, tags: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        found = missing_tags(tags, info) + [
            Finding(("tags", key), problem)
            for key, value in tags.items()
            for problem in _tag_problems(key, value)
        ]
        if len(tags) > _MOST_TAGS:
            found.append(Finding(("tags",), f"{len(tags)} tags are not allowed; at most {_MOST_TAGS} are"))
        if found:
            raise rejected(*found)
        return tags


def _tag_problems(key: str, value: str) -> list[str]:
    """https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html."""
    problems = []
    if not 1 <= len(key) <= 128 or not _TAG_CHARACTERS.fullmatch(key) or key.lower().startswith("aws:"):
        problems.append(
            f"the key {shown(key)} is not allowed; a tag's key has 1 to 128 letters, digits, spaces "
            "and _ . : / = + - @, and doesn't start with aws:"
        )
    if len(value) > 256 or not _TAG_CHARACTERS.fullmatch(value):
        allowed = "a tag's value has at most 256 letters, digits, spaces and _ . : / = + - @"
        problems.append(not_allowed(value, allowed))
    return problems

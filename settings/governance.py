"""What an organisation asks of every stack: boundaries of roles, tags, a budget."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

REQUIRED_TAGS = ("owner", "cost_centre", "environment")
"""Tags that an environment whose data is kept must have: who answers for it, who pays, which one it is."""

_MOST_ALARMS = 4
"""A budget has five notifications (https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html);
one tells of a forecast above the budget."""

Percentage = Annotated[int, Field(ge=1, le=1000)]
RulePack = Literal["hipaa_security", "nist_800_53_r5", "serverless"]


class Budget(Section):
    """What the environment may cost a month, and when that is told."""

    monthly_usd: int = Field(ge=1, description="the budget is a whole number of US dollars a month")
    alarm_percentages: tuple[Percentage, ...] = Field(
        default=(80, 100),
        strict=False,
        min_length=1,
        max_length=_MOST_ALARMS,
        description=f"a list of 1 to {_MOST_ALARMS} percentages of the budget, from 1 to 1000",
    )

    @field_validator("alarm_percentages")
    @classmethod
    def _each_once(cls, percentages: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(percentages)) < len(percentages):
            problem = not_allowed(list(percentages), "a percentage is told once")
            raise rejected(Finding(("alarm_percentages",), problem))
        return percentages


class Governance(Section):
    """What is asked of roles and templates, and what may be spent."""

    permissions_boundary: str | None = Field(
        default=None,
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        pattern=r"^([\w+=,.@-]+/)*[\w+=,.@-]{1,128}$",
        description="the name of a managed policy of the account that bounds every role, or null",
    )
    role_path: str = Field(
        default="/",
        max_length=512,
        pattern=r"^/([A-Za-z0-9.,+@=_-]+/)*$",
        description="the path of every role, between slashes, such as /ml/prod/",
    )
    rule_packs: tuple[RulePack, ...] = Field(
        default=(),
        strict=False,
        description=(
            "a list of cdk-nag's rule packs that the synth has to pass besides AwsSolutions, "
            "of hipaa_security, nist_800_53_r5 and serverless"
        ),
    )
    budget: Budget | None = Field(
        default=None, description="null, or a mapping with monthly_usd and alarm_percentages"
    )

    @field_validator("rule_packs")
    @classmethod
    def _packs_once(cls, packs: tuple[RulePack, ...]) -> tuple[RulePack, ...]:
        if len(set(packs)) < len(packs):
            raise rejected(Finding(("rule_packs",), not_allowed(list(packs), "a pack is named once")))
        return packs


def missing_tags(tags: dict[str, str], info: ValidationInfo) -> list[Finding]:
    """The tags that an environment needs and lacks; `info` is that of its field `tags`."""
    if not info.data.get("retain_data"):
        governance = info.data.get("governance")
        counted = governance is not None and governance.budget is not None
        if counted and not tags.get("environment"):
            return [Finding(("tags", "environment"), "missing; the budget counts what carries it")]
        return []
    needed = f"where retain_data is true, the tags {', '.join(REQUIRED_TAGS)} are needed"
    return [Finding(("tags", tag), f"missing; {needed}") for tag in REQUIRED_TAGS if not tags.get(tag)]

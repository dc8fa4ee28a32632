"""When somebody is told that something is wrong (`alarms:` in an environment's settings)."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

Watched = Literal["api", "endpoints", "pipelines"]
WATCHED: tuple[Watched, ...] = ("api", "endpoints", "pipelines")

_Percentage = Annotated[float, Field(gt=0, le=100)]


class Alarms(Section):
    """What is watched, and from where on it is too much.

    CloudWatch asks $0.10 a month for each metric that an alarm looks at.
    """

    watch: tuple[Watched, ...] = Field(
        default=WATCHED,
        strict=False,
        description=f"a list of what has alarms: any of {', '.join(WATCHED)}, each once",
    )
    least_failures: int = Field(
        default=5,
        ge=1,
        description="fewer failed requests than this in a minute are no alarm: a whole number from 1",
    )
    least_requests: int = Field(
        default=20,
        ge=1,
        description="of fewer requests than this in a minute no latency is told: a whole number from 1",
    )
    api_failed_percentage: _Percentage = Field(
        default=5, description="the API's failed requests are a percentage above 0, at most 100"
    )
    api_p99_milliseconds: int = Field(
        default=3000,
        ge=1,
        le=29000,
        description="the slowest percent takes 1 to 29000 milliseconds, after which API Gateway gives up",
    )
    endpoint_failed_percentage: _Percentage = Field(
        default=5, description="an endpoint's failed invocations are a percentage above 0, at most 100"
    )
    model_p99_milliseconds: int = Field(
        default=1000,
        ge=1,
        le=60000,
        description="the slowest percent takes 1 to 60000 milliseconds, after which SageMaker gives up",
    )

    @field_validator("watch")
    @classmethod
    def _each_once(cls, watch: tuple[Watched, ...]) -> tuple[Watched, ...]:
        if len(set(watch)) < len(watch):
            raise rejected(Finding(("watch",), not_allowed(list(watch), "each is watched once")))
        return watch

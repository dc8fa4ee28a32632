"""Watching the data that an endpoint is asked with, for drift from what its model was tested on."""

from typing import ClassVar, Literal

from pydantic import Field

from settings.errors import not_allowed
from settings.instances import ProcessingInstances
from settings.schema import Finding

_READABLE = "text/csv"
_SERVERLESS = "https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html"


class Monitoring(ProcessingInstances):
    """Data capture, and a processing job that compares each hour's or day's requests with the test set."""

    HOURS: ClassVar[dict[str, int]] = {"hour": 1, "day": 24}

    every: Literal["hour", "day"] = Field(description="how much is compared at once is an hour or a day")
    sampling_percentage: int = Field(
        default=100, ge=1, le=100, description="of all requests, 1 to 100 percent are captured"
    )
    minimum_records: int = Field(
        default=100, ge=1, description="the fewest records that can tell of drift, at least 1"
    )
    largest_distance: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="the distance from which a feature has drifted, above 0 (alike) and below 1",
    )

    @property
    def hours(self) -> int:
        """How many hours are compared at once."""
        return self.HOURS[self.every]

    @staticmethod
    def findings(serving_type: str, content_type: str) -> list[Finding]:
        """Say why such an endpoint couldn't be watched."""
        found = []
        if serving_type == "serverless":
            allowed = f"serverless endpoints capture no data, only real_time ones do ({_SERVERLESS})"
            found.append(Finding(("serving", "type"), not_allowed(serving_type, allowed)))
        if content_type.partition(";")[0] != _READABLE:
            allowed = f"the monitoring reads captured requests in {_READABLE}"
            found.append(Finding(("inference", "content_type"), not_allowed(content_type, allowed)))
        return found

"""The condition of a SageMaker endpoint.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
"""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError

MISSING = "missing"
# While an endpoint is changed, what it was before goes on answering.
TAKING_REQUESTS = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})


class Condition(NamedTuple):
    """`status` is SageMaker's word for it, or `missing`."""

    status: str

    @property
    def takes_requests(self) -> bool:
        """Whether InvokeEndpoint can succeed."""
        return self.status in TAKING_REQUESTS


def condition(client: Any, name: str) -> Condition:
    """Describe the endpoint; raises `ClientError` for all but its absence."""
    try:
        return Condition(client.describe_endpoint(EndpointName=name)["EndpointStatus"])
    except ClientError as error:
        details = error.response["Error"]
        # SageMaker's answer for an endpoint that doesn't exist; the request can't be invalid otherwise.
        if details["Code"] == "ValidationException":
            return Condition(MISSING)
        raise

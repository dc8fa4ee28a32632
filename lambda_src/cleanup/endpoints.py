"""One look at what is left of an endpoint, deleting what can be deleted now.

What is there is asked of the List operations, so that "already gone" needs no error to be recognised, and
repeating a sweep is always safe. SageMaker refuses to delete an endpoint that is being changed, so such a one
is waited for: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .deletion import attempt, passing

BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_LOGS_OF = "/aws/sagemaker/Endpoints/{}"


@dataclass(frozen=True, kw_only=True)
class EndpointCleanup:
    """Removes an endpoint, the configs and models made for it or for batches, and its log group."""

    sagemaker: Any
    logs: Any

    def sweep(self, endpoint: str) -> list[str]:
        """Delete what can be deleted; returns what is left to wait for, in words, nothing when all is gone.

        Any error that time doesn't heal, such as a missing permission, is raised as botocore's `ClientError`.
        """
        left: list[str] = []
        try:
            left += self._sweep_endpoint(endpoint)
            if not left:
                left += self._sweep_owned(endpoint)
        except ClientError as error:
            left.append(passing(error, f"what is left of endpoint {endpoint}"))
        return left

    def sweep_shadows(self, prefix: str) -> list[str]:
        """Delete what Clarify's jobs left under a prefix: endpoints and configs of aborted ones, and the log
        groups of all; as `sweep`."""
        left: list[str] = []
        try:
            for summary in self._listed("list_endpoints", "Endpoints", prefix):
                if summary["EndpointName"].startswith(prefix):
                    left += self._delete_endpoint(summary["EndpointName"], summary["EndpointStatus"])
            for summary in self._listed("list_endpoint_configs", "EndpointConfigs", prefix):
                if summary["EndpointConfigName"].startswith(prefix):
                    left += self._delete_config(summary["EndpointConfigName"])
            # An endpoint that is still there would make its log group again.
            if not left:
                for name in self._log_groups(_LOGS_OF.format(prefix)):
                    left += self._sweep_log_group(name)
        except ClientError as error:
            left.append(passing(error, f"what is left of Clarify's endpoints {prefix}"))
        return left

    def _sweep_endpoint(self, endpoint: str) -> list[str]:
        status = self._endpoint_status(endpoint)
        return [] if status is None else self._delete_endpoint(endpoint, status)

    def _delete_endpoint(self, endpoint: str, status: str) -> list[str]:
        if status in BUSY:
            return [f"endpoint {endpoint} is {status}"]
        refused = attempt(f"endpoint {endpoint}", self.sagemaker.delete_endpoint, EndpointName=endpoint)
        return refused or [f"endpoint {endpoint} is going"]

    def _sweep_owned(self, endpoint: str) -> list[str]:
        left: list[str] = []
        for name in self._owned("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", endpoint):
            left += self._delete_config(name)
        for name in self._owned("list_models", "Models", "ModelName", endpoint):
            left += attempt(f"model {name}", self.sagemaker.delete_model, ModelName=name)
        return left + self._sweep_log_group(_LOGS_OF.format(endpoint))

    def _delete_config(self, name: str) -> list[str]:
        what = f"endpoint config {name}"
        return attempt(what, self.sagemaker.delete_endpoint_config, EndpointConfigName=name)

    def _log_groups(self, prefix: str) -> list[str]:
        pages = self.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        return [str(group["logGroupName"]) for page in pages for group in page["logGroups"]]

    def _sweep_log_group(self, name: str) -> list[str]:
        try:
            return attempt(f"log group {name}", self.logs.delete_log_group, logGroupName=name)
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def _endpoint_status(self, endpoint: str) -> str | None:
        for summary in self._listed("list_endpoints", "Endpoints", endpoint):
            if summary["EndpointName"] == endpoint:
                return str(summary["EndpointStatus"])
        return None

    def _owned(self, operation: str, listing: str, name_key: str, endpoint: str) -> list[str]:
        names = [str(summary[name_key]) for summary in self._listed(operation, listing, endpoint)]
        return [name for name in names if is_owned(name, endpoint)]

    def _listed(self, operation: str, listing: str, name: str) -> Iterator[dict[str, Any]]:
        for page in self.sagemaker.get_paginator(operation).paginate(NameContains=name):
            yield from page[listing]


def is_owned(name: str, endpoint: str) -> bool:
    """Whether the endpoint's own deployments made a config or model, or its workload's batches a model.

    These are named `{endpoint}-{12 hex digits}`, and a batch's `{endpoint}-{12 hex digits}-batch`.
    """
    return re.fullmatch(re.escape(endpoint) + "-[0-9a-f]{12}(-batch)?", name) is not None

"""What encodes requests to the model that an endpoint serves: the serving.json of the run that made it.

The deployment tags the endpoint with the model package that it serves; the package names its run's artifacts.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from http_api.clients import make_client
from http_api.faults import EndpointUnavailable

from .targets import Target

KEPT_SECONDS = 10
RETRY_AFTER_SECONDS = 60
PACKAGE_TAG = "model-package-arn"
OBJECT = "evaluation/serving.json"
# For a resource that isn't there, which of the two depends on the resource.
_ABSENT = ("ValidationException", "ResourceNotFound")


class _Kept(NamedTuple):
    package: str
    serving: Mapping[str, Any]
    until: float


class ServedModels:
    """Finds it once for each model package, and looks every few seconds whether that still is the one."""

    def __init__(self, sagemaker: Any = None, s3: Any = None) -> None:
        self._sagemaker = sagemaker or _client("sagemaker")
        self._s3 = s3 or _client("s3")
        self._kept: dict[str, _Kept] = {}

    def serving(self, target: Target) -> Mapping[str, Any]:
        """Return the serving.json of the model behind the target's endpoint.

        Raises `EndpointUnavailable` when nothing is served; passes AWS's other errors on as `ClientError`.
        """
        now = time.monotonic()
        kept = self._kept.get(target.endpoint_name)
        if kept is None or now >= kept.until:
            package = self._package(target)
            serving = kept.serving if kept and kept.package == package else self._read(package)
            kept = self._kept[target.endpoint_name] = _Kept(package, serving, now + KEPT_SECONDS)
        return kept.serving

    def _package(self, target: Target) -> str:
        try:
            tags = self._sagemaker.list_tags(ResourceArn=target.endpoint_arn)["Tags"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            tags = []
        found = [str(tag["Value"]) for tag in tags if tag["Key"] == PACKAGE_TAG]
        if not found:
            raise EndpointUnavailable(
                "The model isn't available right now. Please try again later.",
                detail=f"{target.endpoint_name} serves no model package",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        return found[0]

    def _read(self, package: str) -> Mapping[str, Any]:
        described = self._sagemaker.describe_model_package(ModelPackageName=package)
        location = urlsplit(described["CustomerMetadataProperties"]["artifacts_uri"])
        key = location.path.lstrip("/") + OBJECT
        content = self._s3.get_object(Bucket=location.netloc, Key=key)["Body"].read()
        serving: Mapping[str, Any] = json.loads(content)
        return serving


def _client(service: str) -> Any:
    """A client that gives up before API Gateway does."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    return make_client(service, connect_timeout=2, read_timeout=5, retries=retries)

"""The metrics of invocations: by endpoint and variant.

Serverless endpoints have neither InvocationModelErrors nor InvocationsPerInstance. That a request which found
no healthy server or no free concurrency counts as an error of its status is a guess.
https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html#cloudwatch-metrics-endpoint-invocation
https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
"""

import time
from types import TracebackType

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.measurements import Value
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting.deployments import Variant

_NAMESPACE = "AWS/SageMaker"


class Invocation:
    """Measures one invocation, a context around it; `model_seconds` is how long the container took."""

    def __init__(self, endpoint_name: str, variant: Variant) -> None:
        self._dimensions = {"EndpointName": endpoint_name, "VariantName": variant.name}
        self._variant = variant
        self._began = time.perf_counter()
        self.model_seconds: float | None = None

    def __enter__(self) -> "Invocation":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        status = _status(error)
        values = [
            Value("Invocations", 1.0, "None"),
            Value("Invocation4XXErrors", float(400 <= status < 500), "None"),
            Value("Invocation5XXErrors", float(status >= 500), "None"),
        ]
        if self.model_seconds is not None:
            overhead = time.perf_counter() - self._began - self.model_seconds
            values += [
                _microseconds("ModelLatency", self.model_seconds),
                _microseconds("OverheadLatency", overhead),
            ]
        if not self._variant.is_serverless:
            values += [
                Value("InvocationModelErrors", float(status >= 400), "None"),
                Value("InvocationsPerInstance", 1.0 / self._variant.instance_count, "None"),
            ]
        measurements.record(_NAMESPACE, (self._dimensions,), values)


def _microseconds(name: str, seconds: float) -> Value:
    return Value(name, measurements.significant(seconds * 1_000_000), "Microseconds")


def _status(error: BaseException | None) -> int:
    """The status that the container answered; of one that answered none, the runtime's own."""
    if error is None:
        return 200
    if not isinstance(error, ServiceError):
        return 500
    original = error.members.get("OriginalStatusCode")
    return int(str(original)) or 500 if original is not None else error.status

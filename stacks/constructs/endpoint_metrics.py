"""What SageMaker measures of an endpoint; serverless ones and those on instances have some of their own.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from settings.serving import Serving
from stacks.constructs.scaling_states import VARIANT

MINUTE = Duration.minutes(1)
_OF_INVOCATIONS = "AWS/SageMaker"
_OF_INSTANCES = "/aws/sagemaker/Endpoints"


class EndpointMetrics:
    """The metrics of one endpoint, by the minute.

    Attributes: `name`, `invocations`, `refused` and `failed` (requests that the model answered with 4XX and
    5XX), all of them sums.
    """

    def __init__(self, name: str, serving: Serving) -> None:
        self.name = name
        self._is_serverless = serving.type == "serverless"
        self.invocations = self._metric("Invocations", "Sum")
        self.refused = self._metric("Invocation4XXErrors", "Sum")
        self.failed = self._metric("Invocation5XXErrors", "Sum")

    def model_latency(self, statistic: str) -> cloudwatch.Metric:
        """How long the container took, in microseconds."""
        return self._metric("ModelLatency", statistic, label=f"model, {statistic}")

    def overhead_latency(self, statistic: str) -> cloudwatch.Metric:
        """What SageMaker added, in microseconds; of a serverless endpoint also its cold starts."""
        return self._metric("OverheadLatency", statistic, label=f"SageMaker, {statistic}")

    @property
    def utilization(self) -> list[cloudwatch.IMetric]:
        """How busy it is, in percent: of its instances, or of its concurrency and memory."""
        if self._is_serverless:
            share = self._metric("ServerlessConcurrentExecutionsUtilization", "Maximum")
            percent = cloudwatch.MathExpression(
                expression="100 * share", using_metrics={"share": share}, label="concurrency", period=MINUTE
            )
            return [percent, self._metric("MemoryUtilization", "Maximum", _OF_INSTANCES, "memory")]
        kinds = ("CPU", "Memory", "Disk")
        return [self._metric(f"{kind}Utilization", "Maximum", _OF_INSTANCES, kind.lower()) for kind in kinds]

    def _metric(
        self, name: str, statistic: str, namespace: str = _OF_INVOCATIONS, label: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map={"EndpointName": self.name, "VariantName": VARIANT},
            statistic=statistic,
            label=label,
            period=MINUTE,
        )

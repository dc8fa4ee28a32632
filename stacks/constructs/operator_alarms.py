"""The alarms of the API, of an endpoint and of a workload's pipelines."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.alarms import Alarms
from stacks.constructs.endpoint_metrics import EndpointMetrics
from stacks.constructs.operator_alarm import (
    AT_ONCE,
    GOES_ON,
    MINUTE,
    OperatorAlarm,
    failed_percentage,
    latency,
)
from stacks.constructs.road import Road

FIVE_MINUTES = Duration.minutes(5)


class ApiAlarms(Construct):
    """What visitors would notice. Attribute: `alarms`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: apigateway.Stage,
        functions: Sequence[lambda_.IFunction],
        thresholds: Alarms,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        requests = stage.metric_count(period=MINUTE, statistic="Sum")
        self.alarms: list[cloudwatch.IAlarm] = [
            OperatorAlarm(
                self,
                "Failing",
                metric=failed_percentage(
                    failed=stage.metric_server_error(period=MINUTE, statistic="Sum"),
                    requests=requests,
                    least=thresholds.least_failures,
                ),
                threshold=thresholds.api_failed_percentage,
                insistence=GOES_ON,
                happened=f"{thresholds.api_failed_percentage:g} % of the API's answers or more are 5XX.",
                entry="the-api-fails",
                topic=topic,
            ),
            OperatorAlarm(
                self,
                "Slow",
                metric=latency(
                    measured=stage.metric_latency(period=MINUTE, statistic="p99"),
                    requests=requests,
                    least=thresholds.least_requests,
                ),
                threshold=thresholds.api_p99_milliseconds,
                insistence=GOES_ON,
                happened=f"The API's slowest percent takes at least {thresholds.api_p99_milliseconds} ms.",
                entry="the-api-is-slow",
                topic=topic,
            ),
            OperatorAlarm(
                self,
                "FunctionsFailing",
                metric=_sum_of("errors", [each.metric_errors(period=FIVE_MINUTES) for each in functions]),
                threshold=thresholds.least_failures,
                insistence=AT_ONCE,
                happened="A function behind the API crashed or ran out of time or memory, repeatedly.",
                entry="a-function-behind-the-api-fails",
                topic=topic,
            ),
            OperatorAlarm(
                self,
                "FunctionsThrottled",
                metric=_sum_of(
                    "throttles", [each.metric_throttles(period=FIVE_MINUTES) for each in functions]
                ),
                threshold=thresholds.least_failures,
                insistence=AT_ONCE,
                happened="Lambda refused to run a function behind the API: no concurrency was left.",
                entry="a-function-behind-the-api-is-throttled",
                topic=topic,
            ),
        ]


class EndpointAlarms(Construct):
    """What whoever asks an endpoint would notice. Attribute: `alarms`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: EndpointMetrics,
        thresholds: Alarms,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        percentage, milliseconds = thresholds.endpoint_failed_percentage, thresholds.model_p99_milliseconds
        self.alarms: list[cloudwatch.IAlarm] = [
            OperatorAlarm(
                self,
                "Failing",
                metric=failed_percentage(
                    failed=endpoint.failed, requests=endpoint.invocations, least=thresholds.least_failures
                ),
                threshold=percentage,
                insistence=GOES_ON,
                happened=f"{endpoint.name} answers at least {percentage:g} % of invocations with 5XX.",
                entry="an-endpoint-fails",
                topic=topic,
            ),
            OperatorAlarm(
                self,
                "Slow",
                metric=latency(
                    measured=endpoint.model_latency("p99"),
                    requests=endpoint.invocations,
                    least=thresholds.least_requests,
                    of_a_millisecond=1000,
                ),
                threshold=milliseconds,
                insistence=GOES_ON,
                happened=f"{endpoint.name} takes {milliseconds} ms or more for its slowest percent.",
                entry="an-endpoint-is-slow",
                topic=topic,
            ),
        ]


class PipelineAlarm(OperatorAlarm):
    """A run or a deployment of a workload that ended badly, also one that could not tell the topic itself."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload_name: str, road: Road, topic: sns.ITopic
    ) -> None:
        ends = [
            metric
            for machine in (road.training, road.deployment)
            for metric in (
                machine.imported.metric_failed(period=FIVE_MINUTES),
                machine.imported.metric_timed_out(period=FIVE_MINUTES),
            )
        ]
        super().__init__(
            scope,
            construct_id,
            metric=_sum_of("ends", ends),
            threshold=1,
            insistence=AT_ONCE,
            happened=f"A training run or a deployment of {workload_name} failed or ran out of time.",
            entry="a-pipeline-fails",
            topic=topic,
        )


def _sum_of(name: str, metrics: Sequence[cloudwatch.Metric]) -> cloudwatch.IMetric:
    numbered = {f"{name}{number}": metric for number, metric in enumerate(metrics, start=1)}
    return cloudwatch.MathExpression(
        expression=f"SUM([{', '.join(numbered)}])",
        using_metrics=numbered,
        label=name,
        period=FIVE_MINUTES,
    )

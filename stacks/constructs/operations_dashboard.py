"""The dashboard, from top to bottom: alarms, API, functions, what was recommended, endpoints, pipelines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.endpoint_metrics import EndpointMetrics
from stacks.constructs.operator_alarm import MINUTE, RUNBOOK
from stacks.constructs.road import Road

WIDTH = 24
HEIGHT = 6
HOUR = Duration.hours(1)
MILLISECONDS = "ms"
MICROSECONDS = "µs"

_Metrics = Sequence[cloudwatch.IMetric]


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the dashboard shows of one workload."""

    workload: Workload
    endpoint: EndpointMetrics
    road: Road


class OperationsDashboard(cloudwatch.Dashboard):
    """One page that tells how the platform does; a row for each of its parts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        alarms: Sequence[cloudwatch.IAlarm],
        stage: apigateway.Stage,
        functions: Mapping[str, lambda_.IFunction],
        recommendations: Mapping[str, cloudwatch.IMetric],
        watched: Sequence[Watched],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            default_interval=Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        self.add_widgets(_about(environment, watched))
        if alarms:
            status = cloudwatch.AlarmStatusWidget(
                title="Alarms", alarms=list(alarms), width=WIDTH, height=2 + len(alarms) // 4
            )
            self.add_widgets(status)
        self.add_widgets(*_of_the_api(stage))
        self.add_widgets(*_of_functions(functions))
        self.add_widgets(
            _graph("Recommendations by mysfit", list(recommendations.values()), WIDTH, stacked=True)
        )
        for each in watched:
            self.add_widgets(*_of_an_endpoint(each))
        self.add_widgets(*_of_pipelines(watched))


def _about(environment: Environment, watched: Sequence[Watched]) -> cloudwatch.TextWidget:
    """Where to look further, and what costs money while nobody asks."""
    status = f"./manage.py status --env {environment.name}"
    where = f"`{status}` tells where each workload stands, `{RUNBOOK}` what to do."
    markdown = "\n\n".join([f"# {environment.prefix}", where, *_idle(watched)])
    return cloudwatch.TextWidget(markdown=markdown, width=WIDTH, height=4)


def _idle(watched: Sequence[Watched]) -> list[str]:
    always = []
    for each in watched:
        serving = each.workload.serving
        if serving.type == "real_time":
            always.append(f"{each.endpoint.name} ({serving.instance_count} of {serving.instance_type})")
    return [f"**Paid for whether asked or not:** {', '.join(always)}."] if always else []


def _of_the_api(stage: apigateway.Stage) -> list[cloudwatch.IWidget]:
    requests = [
        stage.metric_count(statistic="Sum", period=MINUTE, label="requests"),
        stage.metric_client_error(statistic="Sum", period=MINUTE, label="4XX"),
        stage.metric_server_error(statistic="Sum", period=MINUTE, label="5XX"),
    ]
    latencies = [
        stage.metric_latency(statistic="p50", period=MINUTE, label="p50"),
        stage.metric_latency(statistic="p99", period=MINUTE, label="p99"),
        stage.metric_integration_latency(statistic="p99", period=MINUTE, label="function, p99"),
    ]
    failed = stage.metric_server_error(statistic="Average", period=MINUTE, label="5XX")
    share = cloudwatch.MathExpression(
        expression="100 * failed", using_metrics={"failed": failed}, label="5XX in percent", period=MINUTE
    )
    return [
        _graph("API: requests", requests, 8),
        _graph("API: latency", latencies, 8, unit=MILLISECONDS),
        _graph("API: failed requests", [share], 8, unit="%"),
    ]


def _of_functions(functions: Mapping[str, lambda_.IFunction]) -> list[cloudwatch.IWidget]:
    each = functions.items()
    return [
        _graph(
            "Functions: invocations",
            [one.metric_invocations(period=MINUTE, label=name) for name, one in each],
            8,
        ),
        _graph(
            "Functions: errors and throttles",
            [one.metric_errors(period=MINUTE, label=f"{name}, errors") for name, one in each]
            + [one.metric_throttles(period=MINUTE, label=f"{name}, throttles") for name, one in each],
            8,
        ),
        _graph(
            "Functions: duration, p99",
            [one.metric_duration(period=MINUTE, statistic="p99", label=name) for name, one in each],
            8,
            unit=MILLISECONDS,
        ),
    ]


def _of_an_endpoint(watched: Watched) -> list[cloudwatch.IWidget]:
    endpoint, name = watched.endpoint, watched.workload.name
    latencies = [
        endpoint.model_latency("p50"),
        endpoint.model_latency("p99"),
        endpoint.overhead_latency("p99"),
    ]
    return [
        _graph(f"{name}: invocations", [endpoint.invocations, endpoint.refused, endpoint.failed], 8),
        _graph(f"{name}: latency", latencies, 8, unit=MICROSECONDS),
        _graph(f"{name}: utilization", endpoint.utilization, 8, unit="%"),
    ]


def _of_pipelines(watched: Sequence[Watched]) -> list[cloudwatch.IWidget]:
    machines = [
        (f"{each.workload.name}, {kind}", machine.imported)
        for each in watched
        for kind, machine in (
            ("training", each.road.training),
            ("deployment", each.road.deployment),
            ("batch", each.road.batch),
        )
    ]
    succeeded = [machine.metric_succeeded(period=HOUR, label=name) for name, machine in machines]
    ended_badly: list[cloudwatch.IMetric] = [
        cloudwatch.MathExpression(
            expression=f"SUM([failed{index}, late{index}, aborted{index}])",
            using_metrics={
                f"failed{index}": machine.metric_failed(period=HOUR),
                f"late{index}": machine.metric_timed_out(period=HOUR),
                f"aborted{index}": machine.metric_aborted(period=HOUR),
            },
            label=name,
            period=HOUR,
        )
        for index, (name, machine) in enumerate(machines)
    ]
    seconds: list[cloudwatch.IMetric] = [
        machine.metric_time(period=HOUR, statistic="Maximum", label=name) for name, machine in machines
    ]
    return [
        _graph("Pipelines: succeeded in an hour", list(succeeded), 8),
        _graph("Pipelines: failed, timed out or aborted in an hour", ended_badly, 8),
        _graph("Pipelines: longest execution", seconds, 8, unit=MILLISECONDS),
    ]


def _graph(
    title: str, metrics: _Metrics, width: int, *, unit: str | None = None, stacked: bool = False
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=cloudwatch.YAxisProps(min=0, label=unit, show_units=False),
        stacked=stacked,
        width=width,
        height=HEIGHT,
    )

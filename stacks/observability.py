"""Observability: one dashboard, and the alarms that a person must act on."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, CfnOutput, Duration, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.drift_monitor import drift_alarm_name
from stacks.constructs.endpoint_metrics import EndpointMetrics
from stacks.constructs.operations_dashboard import OperationsDashboard, Watched
from stacks.constructs.operator_alarms import ApiAlarms, EndpointAlarms, PipelineAlarm
from stacks.constructs.road import Road
from stacks.constructs.topic_access import allow_telling
from stacks.recommendation import METRICS_NAMESPACE, RecommendationStack


class ObservabilityStack(Stack):
    """Attributes: `alarms` of its own, `dashboard`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        workloads: Sequence[Workload],
        roads: Mapping[str, Road],
        recommendation: RecommendationStack,
        topic: sns.Topic,
        key: kms.IKey,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: dashboard and alarms")
        self._topic = topic
        watched = [
            Watched(
                workload=workload,
                endpoint=EndpointMetrics(roads[workload.name].resource_name, workload.serving),
                road=roads[workload.name],
            )
            for workload in workloads
        ]
        self.alarms = self._build_alarms(environment, watched, recommendation)
        self._allow_telling(environment, key)
        self.dashboard = OperationsDashboard(
            self,
            "Dashboard",
            environment=environment,
            alarms=[*self.alarms, *self._drift_alarms(environment, workloads)],
            stage=recommendation.api.api.deployment_stage,
            functions=recommendation.functions,
            recommendations=_recommendations(recommendation),
            watched=watched,
        )
        CfnOutput(self, "DashboardName", value=self.dashboard.dashboard_name)
        CfnOutput(self, "DashboardUrl", value=self._dashboard_url(environment))

    def _build_alarms(
        self, environment: Environment, watched: Sequence[Watched], recommendation: RecommendationStack
    ) -> list[cloudwatch.IAlarm]:
        thresholds, topic = environment.alarms, self._topic
        alarms: list[cloudwatch.IAlarm] = []
        if "api" in thresholds.watch:
            alarms += ApiAlarms(
                self,
                "Api",
                stage=recommendation.api.api.deployment_stage,
                functions=list(recommendation.functions.values()),
                thresholds=thresholds,
                topic=topic,
            ).alarms
        for each in watched:
            name = each.workload.pascal
            if "endpoints" in thresholds.watch:
                alarms += EndpointAlarms(
                    self, f"{name}Endpoint", endpoint=each.endpoint, thresholds=thresholds, topic=topic
                ).alarms
            if "pipelines" in thresholds.watch:
                alarms.append(
                    PipelineAlarm(
                        self,
                        f"{name}PipelineFailed",
                        workload_name=each.workload.name,
                        road=each.road,
                        topic=topic,
                    )
                )
        return alarms

    def _drift_alarms(
        self, environment: Environment, workloads: Sequence[Workload]
    ) -> list[cloudwatch.IAlarm]:
        """The monitoring stack's, by name."""
        return [
            cloudwatch.Alarm.from_alarm_name(
                self, f"{workload.pascal}Drift", drift_alarm_name(environment, workload)
            )
            for workload in workloads
            if workload.monitoring
        ]

    def _allow_telling(self, environment: Environment, key: kms.IKey) -> None:
        own_alarms = self.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{environment.prefix}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        allow_telling(self._topic, key, service="cloudwatch.amazonaws.com", source_arn=own_alarms)

    def _dashboard_url(self, environment: Environment) -> str:
        in_china = (environment.region or "").startswith("cn-")
        console = "console.amazonaws.cn" if in_china else "console.aws.amazon.com"
        return (
            f"https://{self.region}.{console}/cloudwatch/home?region={self.region}"
            f"#dashboards/dashboards/{self.dashboard.dashboard_name}"
        )


def _recommendations(recommendation: RecommendationStack) -> dict[str, cloudwatch.IMetric]:
    """How often each mysfit is recommended, by its name."""
    catalogue = json.loads(recommendation.catalogue.read_text(encoding="utf-8"))
    return {
        mysfit["name"]: cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name="Recommendations",
            dimensions_map={"endpoint": recommendation.endpoint_name, "mysfit": mysfit["mysfitId"]},
            statistic="Sum",
            label=mysfit["name"],
            period=Duration.minutes(5),
        )
        for mysfit in catalogue
    }

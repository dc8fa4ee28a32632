"""The alarms of one endpoint that send an update back, and tell the topic."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings import serving
from stacks.constructs.operator_alarm import RUNBOOK
from stacks.constructs.rollback_states import ALARMS
from stacks.constructs.scaling_states import VARIANT

_MICROSECONDS_IN_A_MILLISECOND = 1000


class RollbackAlarms(Construct):
    """A minute of the endpoint with too many 5xx answers, or with too slow a model.

    Both fleets of an update count. https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        limits: serving.RollbackAlarms,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name = endpoint_name
        self._action = actions.SnsAction(topic)
        server_errors = self._build_alarm(
            "ServerErrors",
            metric="Invocation5XXErrors",
            threshold=limits.server_error_percent / 100,
            happened=f"{endpoint_name}: more than {limits.server_error_percent:g} % of answers are 5xx.",
            entry="an-endpoint-fails",
        )
        latency = self._build_alarm(
            "Latency",
            metric="ModelLatency",
            threshold=limits.latency_ms * _MICROSECONDS_IN_A_MILLISECOND,
            happened=f"{endpoint_name}: the model takes more than {limits.latency_ms:g} ms on average.",
            entry="an-endpoint-is-slow",
        )
        self.arns = [alarm.alarm_arn for alarm in (server_errors, latency)]
        self.substitutions = dict(
            zip(ALARMS, (alarm.alarm_name for alarm in (server_errors, latency)), strict=True)
        )

    def _build_alarm(
        self, construct_id: str, *, metric: str, threshold: float, happened: str, entry: str
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": self._endpoint_name, "VariantName": VARIANT},
                statistic="Average",
                period=Duration.minutes(1),
            ),
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # An endpoint that nobody asks, or that is switched off, has no metrics.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{happened} What to do: {RUNBOOK}#{entry}",
        )
        alarm.add_alarm_action(self._action)
        return alarm

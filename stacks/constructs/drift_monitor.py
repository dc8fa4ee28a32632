"""The watch over one workload's endpoint: comparisons on a schedule, an alarm, and what follows from it."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.images import PROCESSING_IMAGE
from settings.monitoring import Monitoring
from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.data_stores import DataStores
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.job_parts import capture_prefix
from stacks.constructs.machine_rule import MachineRule
from stacks.constructs.monitoring_definition import (
    DRIFTED_FEATURES,
    METRIC_NAMESPACE,
    drift_prefix,
    monitoring_definition,
)
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.retraining_rules import train_on_drift
from stacks.constructs.scaling_states import VARIANT
from stacks.constructs.state_machine import EXECUTION_DIGITS, PROCESSING, StateMachine
from stacks.constructs.training_pipeline import TrainingPipeline

# After the hour or the day, so long is waited for the last captured requests to be written.
CAPTURE_DELAY_MINUTES = 15


def drift_alarm_name(environment: Environment, workload: Workload) -> str:
    """Name of the alarm of the workload's monitor, by which the dashboard finds it."""
    return f"{environment.resource_name(workload.slug)}-drift"


@dataclass(frozen=True, kw_only=True)
class MonitorParts:
    """What the monitors of all workloads share."""

    environment: Environment
    stores: DataStores
    network: NetworkPlacement
    topic: sns.ITopic


class DriftMonitor(Construct):
    """Attributes: `state_machine`, `alarm`, which goes off when a comparison finds drifted features."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipeline: TrainingPipeline,
        monitoring: Monitoring,
        parts: MonitorParts,
    ) -> None:
        super().__init__(scope, construct_id)
        self.workload = pipeline.workload
        self._monitoring = monitoring
        self._parts = parts
        self._resource_name = parts.environment.resource_name(self.workload.slug)
        self._endpoint_arn = sagemaker_arn(self, "endpoint", self._resource_name)
        self.role = self._build_role()
        self.state_machine = self._build_state_machine(pipeline.code_prefix)
        self._grant_to_state_machine()
        self._compare_regularly()
        self.alarm = self._build_alarm()
        if self.workload.retraining.on_drift:
            machine = pipeline.state_machine.imported
            train_on_drift(self, machine, workload=self.workload, alarm=self.alarm)

    def _build_role(self) -> ExecutionRole:
        name, stores = self.workload.name, self._parts.stores
        role = ExecutionRole(
            self,
            "Role",
            workload=self.workload,
            purpose="compares requests with the test set",
            image=AlgorithmImage(self, "ProcessingImage", PROCESSING_IMAGE),
            log_group="/aws/sagemaker/ProcessingJobs",
            key=stores.key,
            network=self._parts.network,
        )
        role.read(stores.data_bucket, capture_prefix(self.workload), f"processed/{name}/")
        role.read(stores.artifacts_bucket, f"code/{name}/")
        role.write(stores.artifacts_bucket, drift_prefix(self.workload))
        role.use_encrypted_volumes()
        return role

    def _build_state_machine(self, code_prefix: str) -> StateMachine:
        parts, stores = self._parts, self._parts.stores
        return StateMachine(
            self,
            "StateMachine",
            definition=monitoring_definition(
                self.workload, self._monitoring, parts.environment, code_prefix=code_prefix
            ),
            substitutions={
                "ArtifactsBucket": stores.artifacts_bucket.bucket_name,
                "CapturePrefix": f"{capture_prefix(self.workload)}{self._resource_name}/{VARIANT}/",
                "DataBucket": stores.data_bucket.bucket_name,
                "DriftPrefix": drift_prefix(self.workload),
                "EndpointArn": self._endpoint_arn,
                "EndpointName": self._resource_name,
                "KeyArn": stores.key.key_arn,
                "ModelPackageGroupName": self._resource_name,
                "ProcessingImage": AlgorithmImage(self, "Image", PROCESSING_IMAGE).uri,
                "ProcessingRoleArn": self.role.role_arn,
                "TopicArn": parts.topic.topic_arn,
                **parts.network.substitutions,
            },
            description=f"watches the requests to {self.workload.name}",
            environment=parts.environment,
            key=stores.key,
        )

    def _grant_to_state_machine(self) -> None:
        parts, machine, stores = self._parts, self.state_machine, self._parts.stores
        machine.allow(["sagemaker:ListEndpoints"], "*")
        machine.allow(["sagemaker:ListTags"], self._endpoint_arn)
        machine.allow(
            ["sagemaker:DescribeModelPackage"],
            sagemaker_arn(self, "model-package", f"{self._resource_name}/*"),
        )
        machine.allow_job(PROCESSING, f"{self._resource_name}-{EXECUTION_DIGITS}-drift")
        machine.allow_passing(self.role)
        captures = f"{capture_prefix(self.workload)}{self._resource_name}/*"
        self._allow_on_condition("s3:ListBucket", stores.data_bucket.bucket_arn, {"s3:prefix": captures})
        results = f"{drift_prefix(self.workload)}*/drift.json"
        machine.allow(["s3:GetObject"], stores.artifacts_bucket.arn_for_objects(results))
        self._allow_on_condition("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": METRIC_NAMESPACE})
        machine.allow(["sns:Publish"], parts.topic.topic_arn)
        stores.key.grant(machine.role, "kms:Decrypt", "kms:GenerateDataKey")

    def _allow_on_condition(self, action: str, resource: str, condition: dict[str, str]) -> None:
        self.state_machine.role.add_to_principal_policy(
            iam.PolicyStatement(actions=[action], resources=[resource], conditions={"StringLike": condition})
        )

    def _compare_regularly(self) -> None:
        hour = "*" if self._monitoring.every == "hour" else "0"
        MachineRule(
            self,
            "Rule",
            machine=self.state_machine.imported,
            description=f"Compares what {self.workload.name} was asked with its test set",
            schedule=events.Schedule.cron(minute=str(CAPTURE_DELAY_MINUTES), hour=hour),
            given={},
        )

    def _build_alarm(self) -> cloudwatch.Alarm:
        metric = cloudwatch.Metric(
            namespace=METRIC_NAMESPACE,
            metric_name=DRIFTED_FEATURES,
            dimensions_map={"Endpoint": self._resource_name},
            period=Duration.hours(self._monitoring.hours),
            statistic="Maximum",
        )
        alarm = metric.create_alarm(
            self,
            "Alarm",
            # Were it not named, the dashboard's stack would hold on to the alarm, which comes and goes with a
            # workload's settings.
            alarm_name=drift_alarm_name(self._parts.environment, self.workload),
            alarm_description=(
                f"What the endpoint {self._resource_name} is asked differs from what its model was tested "
                "on. What to do: docs/operations.md#requests-have-drifted"
            ),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            # It stays until a comparison finds no drift: silence is no recovery.
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        alarm.add_alarm_action(actions.SnsAction(self._parts.topic))
        return alarm

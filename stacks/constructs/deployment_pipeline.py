"""One workload's road from an approved model package to its endpoint."""

from dataclasses import dataclass

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.serving import RealTime
from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import endpoint_log_group, log_group_arn, parameter_arn, sagemaker_arn
from stacks.constructs.data_stores import DataStores
from stacks.constructs.deployment_definition import deployment_definition
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.job_parts import capture_prefix
from stacks.constructs.machine_rule import MachineRule
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.own_role import OwnPolicy
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.rollback_alarms import RollbackAlarms
from stacks.constructs.scaling_access import allow_scaling, allow_stopping
from stacks.constructs.state_machine import EXECUTION_DIGITS, StateMachine


@dataclass(frozen=True, kw_only=True)
class DeploymentParts:
    """What the deployments of all workloads share."""

    environment: Environment
    stores: DataStores
    network: NetworkPlacement
    topic: sns.ITopic
    smoke_prediction: PythonFunction


class DeploymentPipeline(Construct):
    """The deployment state machine of one workload and the rule that an approval starts it by."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, parts: DeploymentParts
    ) -> None:
        super().__init__(scope, construct_id)
        self.workload = workload
        self._parts = parts
        self.endpoint_name = parts.environment.resource_name(workload.slug)
        self.model_package_group_name = parts.environment.resource_name(workload.slug)
        self.switch_parameter = f"/{parts.environment.prefix}/switched-off/{workload.slug}"
        self.alarms = self._build_alarms()
        self.hosting_role = self._build_hosting_role()
        self.state_machine = self._build_state_machine()
        self._grant_to_state_machine()
        self._add_approval_rule(after=self._allow_taking_turns())

    def _build_alarms(self) -> RollbackAlarms | None:
        serving = self.workload.serving
        if not isinstance(serving, RealTime) or serving.update.alarms is None:
            return None
        return RollbackAlarms(
            self,
            "RollbackAlarms",
            endpoint_name=self.endpoint_name,
            limits=serving.update.alarms,
            topic=self._parts.topic,
        )

    def _build_hosting_role(self) -> ExecutionRole:
        role = ExecutionRole(
            self,
            "HostingRole",
            workload=self.workload,
            purpose="serves",
            image=AlgorithmImage(self, "AlgorithmImage", self.workload.algorithm.image),
            log_group=self._log_group_name,
            key=self._parts.stores.key,
            network=self._parts.network,
        )
        role.read_named(self._parts.stores.artifacts_bucket, f"runs/{self.workload.name}/")
        if self.workload.monitoring:
            role.write(self._parts.stores.data_bucket, capture_prefix(self.workload))
        if self.alarms:
            _allow_alarms(role, self.alarms)
        return role

    def _build_state_machine(self) -> StateMachine:
        parts = self._parts
        return StateMachine(
            self,
            "StateMachine",
            definition=deployment_definition(self.workload, parts.environment),
            substitutions={
                "EndpointName": self.endpoint_name,
                "EndpointArn": sagemaker_arn(self, "endpoint", self.endpoint_name),
                "HostingRoleArn": self.hosting_role.role_arn,
                "KeyArn": parts.stores.key.key_arn,
                **({"DataBucket": parts.stores.data_bucket.bucket_name} if self.workload.monitoring else {}),
                "ModelPackageGroupName": self.model_package_group_name,
                "SwitchParameter": self.switch_parameter,
                **(self.alarms.substitutions if self.alarms else {}),
                "SmokePredictionFunctionArn": parts.smoke_prediction.function.function_arn,
                "TopicArn": parts.topic.topic_arn,
                **parts.network.substitutions,
            },
            description=f"deploys {self.workload.name}",
            environment=parts.environment,
            key=parts.stores.key,
        )

    def _grant_to_state_machine(self) -> None:
        parts, machine = self._parts, self.state_machine
        own = f"{self.endpoint_name}-{EXECUTION_DIGITS}"
        machine.allow(
            ["sagemaker:DescribeModelPackage"],
            sagemaker_arn(self, "model-package", f"{self.model_package_group_name}/*"),
        )
        machine.allow(
            ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel"],
            sagemaker_arn(self, "model", own),
        )
        machine.allow(
            [
                "sagemaker:AddTags",
                "sagemaker:CreateEndpoint",
                "sagemaker:CreateEndpointConfig",
                "sagemaker:DeleteEndpointConfig",
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:UpdateEndpoint",
            ],
            sagemaker_arn(self, "endpoint-config", own),
        )
        machine.allow(
            [
                "sagemaker:AddTags",
                "sagemaker:CreateEndpoint",
                "sagemaker:DeleteEndpoint",
                "sagemaker:DescribeEndpoint",
                "sagemaker:ListTags",
                "sagemaker:UpdateEndpoint",
            ],
            sagemaker_arn(self, "endpoint", self.endpoint_name),
        )
        machine.allow(["sagemaker:ListEndpoints"], "*")
        machine.allow(
            ["logs:CreateLogGroup", "logs:PutRetentionPolicy"], log_group_arn(self, self._log_group_name)
        )
        self._grant_rejecting()
        machine.allow(
            ["ssm:DeleteParameter", "ssm:GetParameters", "ssm:PutParameter"],
            parameter_arn(self, self.switch_parameter),
        )
        allow_stopping(machine.role, self.endpoint_name)
        if self.alarms:
            _allow_alarms(machine.role, self.alarms)
        if isinstance(self.workload.serving, RealTime) and self.workload.serving.auto_scaling:
            allow_scaling(machine.role, self.endpoint_name)
        machine.allow_passing(self.hosting_role)
        parts.smoke_prediction.grant_invoke(machine.role)
        machine.allow(["sns:Publish"], parts.topic.topic_arn)
        parts.stores.key.grant(machine.role, "kms:Decrypt", "kms:GenerateDataKey")
        if self._has_instances:  # hands the key to the instances' disks
            parts.stores.key.grant(machine.role, "kms:CreateGrant", "kms:DescribeKey")

    def _grant_rejecting(self) -> None:
        """The wildcard is that of describing the packages."""
        self.state_machine.role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sagemaker:UpdateModelPackage"],
                resources=[sagemaker_arn(self, "model-package", f"{self.model_package_group_name}/*")],
                conditions={"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}},
            )
        )

    @property
    def _log_group_name(self) -> str:
        return endpoint_log_group(self.endpoint_name)

    @property
    def _has_instances(self) -> bool:
        return self.workload.serving.type == "real_time"

    def _allow_taking_turns(self) -> OwnPolicy:
        """A policy of its own: the state machine depends on its role's, which so can't name it."""
        policy = OwnPolicy(self, "Turns", roles=[self.state_machine.role])
        policy.add_statements(
            iam.PolicyStatement(actions=["states:ListExecutions"], resources=[self.state_machine.arn])
        )
        return policy

    def _add_approval_rule(self, after: OwnPolicy) -> None:
        rule = MachineRule(
            self,
            "ApprovalRule",
            machine=self.state_machine.imported,
            description=f"Deploys a model package of {self.workload.name} once it is approved",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={
                    "ModelPackageGroupName": [self.model_package_group_name],
                    "ModelApprovalStatus": ["Approved"],
                },
            ),
        )
        rule.node.add_dependency(after)


def _allow_alarms(role: iam.Role, alarms: RollbackAlarms) -> None:
    """SageMaker looks at the alarms of an update as its caller and as the model's role.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=alarms.arns)
    )

"""A state machine written as a structure in JSONata, logged, traced, with a role of its own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnRole

# In an ARN, the 12 digits that an execution's names carry; `*` would reach workloads whose names go on.
EXECUTION_DIGITS = "?" * 12
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
LOG_DELIVERY_ACTIONS = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
# https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
TRACE_ACTIONS = [
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]


class JobKind(NamedTuple):
    """A kind of SageMaker job, as its API, its ARNs and Step Functions' event rules name it."""

    api_name: str
    arn_name: str
    rule_name: str


PROCESSING = JobKind("Processing", "processing", "Processing")
TRAINING = JobKind("Training", "training", "Training")
TRANSFORM = JobKind("Transform", "transform", "Transform")
TUNING = JobKind("HyperParameterTuning", "hyper-parameter-tuning", "Tuning")


class StateMachine(Construct):
    """A standard state machine whose definition is a tree in the template, its tokens by substitution."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: Mapping[str, Any],
        substitutions: Mapping[str, str],
        description: str,
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = OwnLogGroup(self, "Logs", environment=environment, key=key)
        self.role = self._build_role(description)
        self.resource = sfn.CfnStateMachine(
            self,
            "Resource",
            role_arn=self.role.role_arn,
            definition=definition,
            definition_substitutions={"Partition": Aws.PARTITION, **substitutions},
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=self.log_group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        # Step Functions checks the role's permissions when it creates the machine.
        self.resource.node.add_dependency(self.role)
        self.arn = self.resource.attr_arn
        self.imported = sfn.StateMachine.from_state_machine_arn(self, "Imported", self.arn)

    def allow(self, actions: list[str], *resources: str) -> None:
        """Let the state machine act on the resources."""
        _allow(self.role, actions, *resources)

    def allow_passing(self, *roles: iam.IRole) -> None:
        """Let the state machine hand the roles to SageMaker, and to no other service."""
        self.role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[role.role_arn for role in roles],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        )

    def allow_job(self, kind: JobKind, *names: str) -> None:
        """Let the state machine run jobs of a kind to their end (`.sync`).

        https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
        """
        stack = Stack.of(self)
        self.allow(
            [f"sagemaker:{action}{kind.api_name}Job" for action in ("Create", "Describe", "Stop")]
            + ["sagemaker:AddTags", "sagemaker:ListTags"],
            *(sagemaker_arn(self, f"{kind.arn_name}-job", name) for name in names),
        )
        self.allow(
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            stack.format_arn(
                service="events",
                resource="rule",
                resource_name=f"StepFunctionsGetEventsForSageMaker{kind.rule_name}JobsRule",
            ),
        )

    def _build_role(self, description: str) -> OwnRole:
        role = OwnRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"State machine role: {description}",
        )
        _allow(role, LOG_DELIVERY_ACTIONS, "*")
        _allow(role, TRACE_ACTIONS, "*")
        return role


def _allow(role: iam.IRole, actions: list[str], *resources: str) -> None:
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))

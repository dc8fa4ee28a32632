"""Deletes, when a workload or the stack goes, what its state machines created and would cost money."""

from typing import Any, cast

from aws_cdk import ArnFormat, CustomResource, Duration, Stack, custom_resources
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.acknowledgement import acknowledge, acknowledge_resource_wildcard
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.python_function import FunctionCode, PythonFunction
from stacks.constructs.state_machine import EXECUTION_DIGITS

LOOK_EVERY = Duration.seconds(20)
LONGEST = Duration.minutes(30)
JOB_LOG_GROUPS = [f"/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training", "Transform")]


class CleanupProvider(Construct):
    """The functions behind the clean-ups, in CDK's framework, which polls until all is gone."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._key = key
        on_event = self._build_function("OnEvent", "on_event", "Names the clean-up")
        is_complete = self._build_function("IsComplete", "is_complete", "Cleans up, look by look")
        # The function's acknowledgement of X-Ray's * covers these, which have no resource either.
        is_complete.role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "sagemaker:ListEndpointConfigs",
                    "sagemaker:ListEndpoints",
                    "sagemaker:ListModelPackages",
                    "sagemaker:ListModels",
                ],
                resources=["*"],
            )
        )
        self.cleaning_role = is_complete.role
        self.provider = self._build_provider(on_event, is_complete)

    def _build_function(self, construct_id: str, handler: str, description: str) -> PythonFunction:
        return PythonFunction(
            self,
            construct_id,
            code=FunctionCode(package="cleanup", handler=f"handler.{handler}"),
            description=description,
            environment=self._environment,
            key=self._key,
            timeout=Duration.minutes(2),
        )

    def _build_provider(
        self, on_event: PythonFunction, is_complete: PythonFunction
    ) -> custom_resources.Provider:
        """CDK's framework, with roles of our own: the default ones reach every version of the functions."""
        logs = OwnLogGroup(self, "ProviderLogs", environment=self._environment, key=self._key)
        event_role = self._build_framework_role("EventRole", logs, on_event)
        polling_role = self._build_framework_role("PollingRole", logs, is_complete)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=on_event.function,
            is_complete_handler=is_complete.function,
            query_interval=LOOK_EVERY,
            total_timeout=LONGEST,
            log_group=logs,
            framework_on_event_role=event_role.without_policy_updates(),
            framework_complete_and_timeout_role=polling_role.without_policy_updates(),
            disable_waiter_state_machine_logging=False,
            waiter_state_machine_log_options=custom_resources.LogOptions(
                destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self._framework_roles = (event_role, polling_role)
        waiter = provider.node.find_child("waiter-state-machine")
        waiter_arn = cast(sfn.CfnStateMachine, waiter.node.default_child).attr_arn
        event_role.add_to_principal_policy(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[waiter_arn])
        )
        _acknowledge_framework(provider, waiter)
        return provider

    def clean_up(
        self, scope: Construct, resource_type: str, properties: dict[str, Any], policy: iam.Policy
    ) -> None:
        """Add a custom resource that does nothing until it is deleted; what it needs then outlives it."""
        resource = CustomResource(
            scope,
            "Resource",
            resource_type=resource_type,
            service_token=self.provider.service_token,
            properties=properties,
        )
        resource.node.add_dependency(policy, *self._framework_roles)

    def _build_framework_role(
        self, construct_id: str, logs: OwnLogGroup, function: PythonFunction
    ) -> iam.Role:
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Calls a function of the clean-up",
        )
        logs.grant_write(role)
        function.grant_invoke(role)
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["lambda:GetFunction"], resources=[function.function.function_arn])
        )
        return role


class EndpointCleanup(Construct):
    """Deletes a workload's endpoint, with what deployments made for it, once this is deleted.

    It has a policy of its own, which outlives it: so it works too when only the workload is taken away. The
    policy is named by the construct's path; on a role that stacks share, two of one name would be one.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, provider: CleanupProvider
    ) -> None:
        super().__init__(scope, construct_id)
        policy = iam.Policy(self, "Policy", roles=[provider.cleaning_role])
        _allow(policy, ["sagemaker:DeleteEndpoint"], sagemaker_arn(self, "endpoint", endpoint_name))
        for kind, action in (("endpoint-config", "DeleteEndpointConfig"), ("model", "DeleteModel")):
            arn = sagemaker_arn(self, kind, f"{endpoint_name}-{EXECUTION_DIGITS}")
            _allow(policy, [f"sagemaker:{action}"], arn)
        group = _log_group_arn(self, f"/aws/sagemaker/Endpoints/{endpoint_name}")
        _allow_wildcard(policy, ["logs:DeleteLogGroup"], group, "the one log group of the endpoint")
        provider.clean_up(self, "Custom::EndpointCleanup", {"EndpointName": endpoint_name}, policy)


class TrainingCleanup(Construct):
    """Deletes what a workload's runs left, once this is deleted: candidate models of aborted runs and, where
    data isn't retained, the jobs' log streams and the registered model packages.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        model_package_group_name: str,
        environment: Environment,
        provider: CleanupProvider,
    ) -> None:
        super().__init__(scope, construct_id)
        log_groups = [] if environment.retain_data else JOB_LOG_GROUPS
        package_groups = [] if environment.retain_data else [model_package_group_name]
        policy = iam.Policy(self, "Policy", roles=[provider.cleaning_role])
        jobs = environment.resource_name(workload.slug)
        candidates = sagemaker_arn(self, "model", f"{jobs}-{EXECUTION_DIGITS}-candidate")
        _allow(policy, ["sagemaker:DeleteModel"], candidates)
        for name in package_groups:
            packages = sagemaker_arn(self, "model-package", f"{name}/*")
            _allow_wildcard(policy, ["sagemaker:DeleteModelPackage"], packages, "versions of one group")
        for name in log_groups:
            _allow_wildcard(
                policy,
                ["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DescribeLogStreams"],
                _log_group_arn(self, name),
                "the streams of one log group; those of the workload's jobs are named by run",
            )
        properties = {
            "JobNamePrefix": jobs,
            "JobLogGroups": log_groups,
            "ModelPackageGroups": package_groups,
        }
        provider.clean_up(self, "Custom::TrainingCleanup", properties, policy)


def _log_group_arn(scope: Construct, name: str) -> str:
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _allow_wildcard(policy: iam.Policy, actions: list[str], resource: str, reason: str) -> None:
    _allow(policy, actions, resource)
    acknowledge_resource_wildcard(policy, resource, reason)


def _allow(policy: iam.Policy, actions: list[str], resource: str) -> None:
    policy.add_statements(iam.PolicyStatement(actions=actions, resources=[resource]))


def _acknowledge_framework(provider: custom_resources.Provider, waiter: IConstruct) -> None:
    own = "part of CDK's provider framework, which writes it; it runs only while something is deleted"
    for name in ("isComplete", "onTimeout"):
        function = cast(lambda_.Function, provider.node.find_child(f"framework-{name}"))
        acknowledge_resource_wildcard(waiter, f"{function.function_arn}:*", own)
    acknowledge(waiter, "AwsSolutions-IAM5[Resource::*]", "log delivery has no resource to name")
    acknowledge(waiter, "AwsSolutions-SF2", own)

"""Deletes, when the stack goes, what the deployments created: nothing may go on costing money."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import ArnFormat, CustomResource, Duration, Stack, custom_resources
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from settings.environment import Environment
from stacks.constructs.acknowledgement import acknowledge, acknowledge_resource_wildcard
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.python_function import FunctionCode, PythonFunction

LOOK_EVERY = Duration.seconds(20)
LONGEST = Duration.minutes(30)


class EndpointCleanup(Construct):
    """A custom resource that does nothing until it is deleted; then it polls until all is gone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_names: Sequence[str],
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._key = key
        self._endpoint_names = endpoint_names
        on_event = self._build_function("OnEvent", "on_event", "Names the clean-up of endpoints")
        is_complete = self._build_function("IsComplete", "is_complete", "Cleans up endpoints, look by look")
        self._allow_cleanup(is_complete)
        provider = self._build_provider(on_event, is_complete)
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::EndpointCleanup",
            service_token=provider.service_token,
            properties={"EndpointNames": list(endpoint_names)},
        )

    def _build_provider(
        self, on_event: PythonFunction, is_complete: PythonFunction
    ) -> custom_resources.Provider:
        """CDK's framework, with roles of our own: the default ones reach every version of the functions."""
        logs = OwnLogGroup(self, "ProviderLogs", environment=self._environment, key=self._key)
        event_role = self._build_framework_role("EventRole", logs, on_event, is_complete)
        polling_role = self._build_framework_role("PollingRole", logs, on_event, is_complete)
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
        waiter = provider.node.find_child("waiter-state-machine")
        waiter_arn = cast(sfn.CfnStateMachine, waiter.node.default_child).attr_arn
        event_role.add_to_principal_policy(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[waiter_arn])
        )
        self._acknowledge_framework(provider, waiter)
        return provider

    def _build_framework_role(
        self, construct_id: str, logs: OwnLogGroup, *functions: PythonFunction
    ) -> iam.Role:
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Calls the functions of the endpoint clean-up",
        )
        logs.grant_write(role)
        for function in functions:
            function.grant_invoke(role)
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["lambda:GetFunction"],
                resources=[function.function.function_arn for function in functions],
            )
        )
        return role

    @staticmethod
    def _acknowledge_framework(provider: custom_resources.Provider, waiter: IConstruct) -> None:
        own = "part of CDK's provider framework, which writes it; it runs only while the stack is deleted"
        for name in ("isComplete", "onTimeout"):
            function = cast(lambda_.Function, provider.node.find_child(f"framework-{name}"))
            acknowledge_resource_wildcard(waiter, f"{function.function_arn}:*", own)
        acknowledge(waiter, "AwsSolutions-IAM5[Resource::*]", "log delivery has no resource to name")
        acknowledge(waiter, "AwsSolutions-SF2", own)

    def _build_function(self, construct_id: str, handler: str, description: str) -> PythonFunction:
        return PythonFunction(
            self,
            construct_id,
            code=FunctionCode(package="endpoint_cleanup", handler=f"handler.{handler}"),
            description=description,
            environment=self._environment,
            key=self._key,
            timeout=Duration.minutes(2),
        )

    def _allow_cleanup(self, function: PythonFunction) -> None:
        # The function's acknowledgement of X-Ray's * covers these three, which have no resource either.
        listing = ["sagemaker:ListEndpointConfigs", "sagemaker:ListEndpoints", "sagemaker:ListModels"]
        self._allow(function, listing, "*")
        for endpoint in self._endpoint_names:
            self._allow_deleting(function, endpoint)

    def _allow_deleting(self, function: PythonFunction, endpoint: str) -> None:
        self._allow(function, ["sagemaker:DeleteEndpoint"], self._arn("sagemaker", "endpoint", endpoint))
        for kind, action in (("endpoint-config", "DeleteEndpointConfig"), ("model", "DeleteModel")):
            arn = self._arn("sagemaker", kind, f"{endpoint}-*")
            self._allow(function, [f"sagemaker:{action}"], arn)
            acknowledge_resource_wildcard(function.role, arn, "what deployments to the one endpoint created")
        group = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/Endpoints/{endpoint}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self._allow(function, ["logs:DeleteLogGroup"], group)
        acknowledge_resource_wildcard(function.role, group, "the one log group of the endpoint")

    def _arn(self, service: str, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service=service, resource=resource, resource_name=name)

    @staticmethod
    def _allow(function: PythonFunction, actions: list[str], resource: str) -> None:
        function.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))

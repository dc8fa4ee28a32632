"""CDK's provider framework for custom resources that take their time: one function names, another polls."""

from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import CustomResource, Duration, custom_resources
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from settings.environment import Environment
from stacks.constructs.cdk_functions import settle_framework_function
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnPolicy, OwnRole
from stacks.constructs.python_function import FunctionCode, PythonFunction
from stacks.constructs.state_machine import LOG_DELIVERY_ACTIONS, TRACE_ACTIONS

LOOK_EVERY = Duration.seconds(20)


@dataclass(frozen=True, kw_only=True)
class PollingCode:
    """A package of lambda_src whose `handler` has `on_event` and `is_complete`; what each is described by."""

    package: str
    naming: str
    polling: str


class PollingProvider(Construct):
    """The two functions and the framework around them, which polls until all is done or `longest` has passed.

    Attributes: `provider`, `polling_role`, the role of the function that does the work.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: PollingCode,
        calling: str,
        longest: Duration,
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._key = key
        on_event = self._build_function("OnEvent", code.package, "on_event", code.naming)
        is_complete = self._build_function("IsComplete", code.package, "is_complete", code.polling)
        self.polling_role = is_complete.role
        self.provider = self._build_provider(on_event, is_complete, calling, longest)

    def _build_function(
        self, construct_id: str, package: str, handler: str, description: str
    ) -> PythonFunction:
        return PythonFunction(
            self,
            construct_id,
            code=FunctionCode(package=package, handler=f"handler.{handler}"),
            description=description,
            environment=self._environment,
            key=self._key,
            timeout=Duration.minutes(2),
        )

    def _build_provider(
        self, on_event: PythonFunction, is_complete: PythonFunction, calling: str, longest: Duration
    ) -> custom_resources.Provider:
        """CDK's framework, with roles of our own: the default ones reach every version of the functions."""
        logs = OwnLogGroup(self, "ProviderLogs", environment=self._environment, key=self._key)
        event_role = self._build_framework_role("EventRole", calling, logs, on_event)
        polling_role = self._build_framework_role("PollingRole", calling, logs, is_complete)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=on_event.function,
            is_complete_handler=is_complete.function,
            query_interval=LOOK_EVERY,
            total_timeout=longest,
            log_group=logs,
            provider_function_env_encryption=self._key,
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
        settle_framework_function(_framework_function(provider, "onEvent"), event_role)
        for name in ("isComplete", "onTimeout"):
            settle_framework_function(_framework_function(provider, name), polling_role)
        _settle_waiter(provider, waiter)
        return provider

    def add_resource(
        self, scope: Construct, resource_type: str, properties: dict[str, Any], policy: IConstruct
    ) -> CustomResource:
        """Add a custom resource that does nothing until it is deleted; what it needs then outlives it."""
        resource = CustomResource(
            scope,
            "Resource",
            resource_type=resource_type,
            service_token=self.provider.service_token,
            properties=properties,
        )
        resource.node.add_dependency(policy, *self._framework_roles)
        return resource

    def _build_framework_role(
        self, construct_id: str, calling: str, logs: OwnLogGroup, function: PythonFunction
    ) -> iam.Role:
        role = OwnRole(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=calling,
        )
        logs.grant_write(role)
        function.grant_invoke(role)
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["lambda:GetFunction"], resources=[function.function.function_arn])
        )
        return role


def _settle_waiter(provider: custom_resources.Provider, waiter: IConstruct) -> None:
    """Trace the state machine that waits, and let it do no more than it does.

    CDK's own policy would let it call every version of the functions and write to any log.
    """
    machine = cast(sfn.CfnStateMachine, waiter.node.default_child)
    machine.tracing_configuration = sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True)
    role = cast(iam.Role, waiter.node.find_child("Role"))
    role.node.try_remove_child("DefaultPolicy")
    policy = OwnPolicy(role, "Policy", roles=[role])
    functions = [_framework_function(provider, name).function_arn for name in ("isComplete", "onTimeout")]
    policy.add_statements(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=functions),
        iam.PolicyStatement(actions=[*LOG_DELIVERY_ACTIONS, *TRACE_ACTIONS], resources=["*"]),
    )


def _framework_function(provider: custom_resources.Provider, name: str) -> lambda_.Function:
    return cast(lambda_.Function, provider.node.find_child(f"framework-{name}"))

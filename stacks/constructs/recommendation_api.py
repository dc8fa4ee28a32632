"""The REST API: what its contract says, throttled, logged and guarded."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.api_access import ApiAccess
from stacks.constructs.api_firewall import ApiFirewall
from stacks.constructs.decisions import (
    LOG_ROLE_OF_API_GATEWAY,
    NO_CACHE_OF_ANSWERS,
    NO_CLIENT_CERTIFICATE,
    NO_EXECUTION_LOGS,
    NO_FIREWALL,
    PUBLIC_METHODS,
)
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.served_document import document_integration, document_response
from stacks.contract.body import JSON, Schema
from stacks.contract.contract import Contract
from stacks.contract.operation import Operation
from stacks.contract.quiz import DOCUMENT

STAGE = "v1"
LOG_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
OTHER_REFUSALS = {
    "OtherClientFault": apigateway.ResponseType.DEFAULT_4_XX,
    "OtherServerFault": apigateway.ResponseType.DEFAULT_5_XX,
}
OTHER_REFUSAL = '{"error":{"code":"$context.error.responseType","message":$context.error.messageString}}'


class RecommendationApi(Construct):
    """The contract's operations: throttled, logged without personal data, firewalled.

    `functions` answer the operations with these ids; API Gateway answers the document's itself.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        contract: Contract,
        functions: Mapping[str, PythonFunction],
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.access_logs = OwnLogGroup(self, "AccessLogs", environment=environment, key=key)
        self.api = self._build_api(environment)
        self._validator = self._build_validator()
        self._add_refusals(contract)
        for name, function in functions.items():
            self._add_operation(contract.operation(name), function)
        self._add_document(contract)
        keys = environment.api.keys
        self.access = ApiAccess(self, "Access", api=self.api, keys=keys, key=key) if keys else None
        if environment.api.waf:
            ApiFirewall(
                self,
                "Firewall",
                stage=self.api.deployment_stage,
                long_bodies=bool(environment.api.predictions),
            )
        else:
            NO_FIREWALL.accept(self.api.deployment_stage)

    @property
    def url(self) -> str:
        """The stage's address, ending in a slash."""
        return self.api.url

    @property
    def site_key(self) -> str | None:
        """The website's API key, where the settings turn keys on."""
        return self.access.site_key if self.access else None

    def _build_api(self, environment: Environment) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "Api",
            # Its metrics are told apart by this name.
            rest_api_name=f"{environment.prefix}-recommendation",
            description="Recommends a mysfit for five quiz answers",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=environment.api.throttling_rate,
                throttling_burst_limit=environment.api.throttling_burst,
                metrics_enabled=True,
                tracing_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_logs),
                access_log_format=_access_log_format(),
            ),
        )
        api.node.try_remove_child("Endpoint")  # CDK's own output; the stack has one by a stable name
        for decision in (NO_EXECUTION_LOGS, NO_CACHE_OF_ANSWERS, NO_CLIENT_CERTIFICATE):
            decision.accept(api.deployment_stage)
        if environment.api.log_role == "own":
            api.deployment_stage.node.add_dependency(self._build_log_role(environment))
        return api

    def _build_log_role(self, environment: Environment) -> apigateway.CfnAccount:
        """The role with which API Gateway writes every API's access logs in this account and region.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        role = iam.Role(
            self,
            "LogRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="Writes API Gateway's logs",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(LOG_POLICY)],
        )
        LOG_ROLE_OF_API_GATEWAY.accept(role, f"Policy::arn:<AWS::Partition>:iam::aws:policy/{LOG_POLICY}")
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        if environment.retain_data:  # another API may log with it by now
            for kept in (role, account):
                kept.apply_removal_policy(RemovalPolicy.RETAIN)
        return account

    def _build_validator(self) -> apigateway.RequestValidator:
        return self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )

    def _add_refusals(self, contract: Contract) -> None:
        for refusal in contract.refusals:
            self.api.add_gateway_response(
                refusal.kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(refusal.kind),
                status_code=str(refusal.status),
                templates={JSON: json.dumps(refusal.document, separators=(",", ":"))},
            )
        for name, kind in OTHER_REFUSALS.items():
            self.api.add_gateway_response(name, type=kind, templates={JSON: OTHER_REFUSAL})

    def _add_operation(self, operation: Operation, function: PythonFunction) -> None:
        integration = apigateway.LambdaIntegration(function.function, allow_test_invoke=False)
        method = self._resource(operation).add_method(
            operation.method,
            integration,
            api_key_required=operation.keyed or None,
            **self._validation(operation),
        )
        PUBLIC_METHODS.accept(method, checkov=not operation.keyed)

    def _add_document(self, contract: Contract) -> None:
        operation = contract.operation(DOCUMENT)
        method = self._resource(operation).add_method(
            operation.method,
            document_integration(contract.document),
            method_responses=[document_response()],
            request_validator=self._validator,
        )
        PUBLIC_METHODS.accept(method)

    def _resource(self, operation: Operation) -> apigateway.Resource:
        return self.api.root.resource_for_path(operation.path)

    def _validation(self, operation: Operation) -> dict[str, Any]:
        """What API Gateway looks at before it calls the function."""
        body = operation.request
        if body is None:
            return {}
        schema = _schema(body.shape, schema=apigateway.JsonSchemaVersion.DRAFT4, title=body.name)
        model = self.api.add_model(body.name, content_type=JSON, schema=schema)
        return {
            "request_models": {JSON: model},
            "request_parameters": {
                f"method.request.querystring.{one['name']}": False for one in operation.parameters
            },
            "request_validator": self._validator,
        }


def _schema(shape: Schema, **more: Any) -> apigateway.JsonSchema:
    """A schema in the CDK's words."""
    return apigateway.JsonSchema(
        type=apigateway.JsonSchemaType[shape["type"].upper()] if "type" in shape else None,
        required=shape.get("required"),
        properties={name: _schema(one) for name, one in shape.get("properties", {}).items()} or None,
        any_of=[_schema(one) for one in shape.get("anyOf", ())] or None,
        **more,
    )


def _access_log_format() -> apigateway.AccessLogFormat:
    """One JSON line a request: what was asked and how it ended, not who asked or what they answered."""
    field = apigateway.AccessLogField
    return apigateway.AccessLogFormat.custom(
        "{"
        f'"request_id":"{field.context_request_id()}",'
        f'"time":"{field.context_request_time()}",'
        f'"method":"{field.context_http_method()}",'
        f'"path":"{field.context_path()}",'
        f'"status":"{field.context_status()}",'
        f'"response_bytes":"{field.context_response_length()}",'
        f'"latency_ms":"{field.context_response_latency()}",'
        f'"error":"{field.context_error_response_type()}"'
        "}"
    )

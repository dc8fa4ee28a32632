"""The REST API in front of the recommendation function."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.python_function import PythonFunction

STAGE = "v1"
LOG_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
MOST_REQUESTS_OF_AN_ADDRESS = 1000  # in five minutes
# Set by the website's distribution, from whose addresses its visitors come.
VISITOR_ADDRESS_HEADER = "x-visitor-address"
_TOO_MANY = "TooManyRequests"

# What API Gateway itself refuses is told in the same form as what the function refuses. It looks at a body's
# shape only: the function names the faults in it, which a gateway response can't.
REFUSALS = {
    "BadRequestBody": (
        apigateway.ResponseType.BAD_REQUEST_BODY,
        400,
        "InvalidRequest",
        "the body must be a JSON object with 'entry', a list of five whole numbers from 1 to 8",
    ),
    "RequestTooLarge": (
        apigateway.ResponseType.REQUEST_TOO_LARGE,
        413,
        "RequestTooLarge",
        "the body is larger than the API takes",
    ),
    "Throttled": (
        apigateway.ResponseType.THROTTLED,
        429,
        "TooManyRequests",
        "too many requests; try again later",
    ),
    "UnsupportedMediaType": (
        apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
        415,
        "UnsupportedMediaType",
        "the body must be application/json",
    ),
    "NotFound": (
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        404,
        "NotFound",
        "there are only POST /recommendations and GET /health",
    ),
}
OTHER_REFUSALS = {
    "OtherClientFault": apigateway.ResponseType.DEFAULT_4_XX,
    "OtherServerFault": apigateway.ResponseType.DEFAULT_5_XX,
}
OTHER_REFUSAL = '{"error":{"code":"$context.error.responseType","message":$context.error.messageString}}'


class RecommendationApi(Construct):
    """`POST /recommendations` and `GET /health`: throttled, logged without personal data, firewalled."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        health: PythonFunction,
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.access_logs = OwnLogGroup(self, "AccessLogs", environment=environment, key=key)
        self.api = self._build_api(environment)
        self._add_refusals()
        self._add_recommendations(function)
        self._add_health(health)
        if environment.api.waf:
            self._add_firewall()
        else:
            acknowledge(
                self.api.deployment_stage,
                "AwsSolutions-APIG3",
                "the settings leave the firewall, billed by the month, to environments that people rely on; "
                "throttling limits abuse here",
            )

    @property
    def url(self) -> str:
        """The stage's address, ending in a slash."""
        return self.api.url

    def _build_api(self, environment: Environment) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "Api",
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
        acknowledge(
            api.deployment_stage,
            "AwsSolutions-APIG6",
            "execution logs would hold visitors' answers; "
            "access logs, the function's structured logs and traces record every request",
        )
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
        acknowledge(
            role,
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{LOG_POLICY}]",
            "API Gateway refuses a role with less: it serves every API of the account and region",
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        if environment.retain_data:  # another API may log with it by now
            for kept in (role, account):
                kept.apply_removal_policy(RemovalPolicy.RETAIN)
        return account

    def _add_refusals(self) -> None:
        for name, (kind, status, code, message) in REFUSALS.items():
            self.api.add_gateway_response(
                name,
                type=kind,
                status_code=str(status),
                templates={"application/json": _error(code, message)},
            )
        for name, kind in OTHER_REFUSALS.items():
            self.api.add_gateway_response(name, type=kind, templates={"application/json": OTHER_REFUSAL})

    def _add_recommendations(self, function: PythonFunction) -> None:
        model = self.api.add_model("QuizAnswers", content_type="application/json", schema=_quiz_answers())
        method = self.api.root.add_resource("recommendations").add_method(
            "POST",
            apigateway.LambdaIntegration(function.function, allow_test_invoke=False),
            request_models={"application/json": model},
            request_parameters={"method.request.querystring.details": False},
            request_validator_options=apigateway.RequestValidatorOptions(
                validate_request_body=True, validate_request_parameters=True
            ),
        )
        _acknowledge_public(method)

    def _add_health(self, function: PythonFunction) -> None:
        method = self.api.root.add_resource("health").add_method(
            "GET", apigateway.LambdaIntegration(function.function, allow_test_invoke=False)
        )
        _acknowledge_public(method)

    def _add_firewall(self) -> None:
        firewall = wafv2.CfnWebACL(
            self,
            "Firewall",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility("recommendations"),
            custom_response_bodies={
                _TOO_MANY: wafv2.CfnWebACL.CustomResponseBodyProperty(
                    content_type="APPLICATION_JSON",
                    content=_error(_TOO_MANY, "too many requests; try again later"),
                )
            },
            rules=[
                _managed_rule(0, "AWSManagedRulesCommonRuleSet"),
                _managed_rule(1, "AWSManagedRulesKnownBadInputsRuleSet"),
                _rate_rule(2, "RateByAddress", _by_address()),
                _rate_rule(3, "RateByVisitor", _by_visitor()),
            ],
        )
        wafv2.CfnWebACLAssociation(
            self,
            "FirewallAssociation",
            resource_arn=self.api.deployment_stage.stage_arn,
            web_acl_arn=firewall.attr_arn,
        )


def _error(code: str, message: str) -> str:
    return f'{{"error":{{"code":"{code}","message":"{message}"}}}}'


def _acknowledge_public(method: apigateway.Method) -> None:
    reason = "the quiz is public: a visitor has no account; throttling and the firewall limit abuse"
    acknowledge(method, "AwsSolutions-APIG4", reason)
    acknowledge(method, "AwsSolutions-COG4", reason)


def _quiz_answers() -> apigateway.JsonSchema:
    return apigateway.JsonSchema(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        title="QuizAnswers",
        type=apigateway.JsonSchemaType.OBJECT,
        properties={"entry": apigateway.JsonSchema(type=apigateway.JsonSchemaType.ARRAY)},
        required=["entry"],
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


def _managed_rule(priority: int, name: str) -> wafv2.CfnWebACL.RuleProperty:
    group = wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=name)
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visibility(name),
    )


def _by_address() -> wafv2.CfnWebACL.RateBasedStatementProperty:
    """Requests that don't come by the website, by the address that they come from."""
    by_the_website = wafv2.CfnWebACL.SizeConstraintStatementProperty(
        field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(single_header={"Name": VISITOR_ADDRESS_HEADER}),
        comparison_operator="GT",
        size=0,
        text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP",
        limit=MOST_REQUESTS_OF_AN_ADDRESS,
        evaluation_window_sec=300,
        scope_down_statement=wafv2.CfnWebACL.StatementProperty(
            not_statement=wafv2.CfnWebACL.NotStatementProperty(
                statement=wafv2.CfnWebACL.StatementProperty(size_constraint_statement=by_the_website)
            )
        ),
    )


def _by_visitor() -> wafv2.CfnWebACL.RateBasedStatementProperty:
    """Requests that come by the website, by the visitor's address."""
    return wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="FORWARDED_IP",
        forwarded_ip_config=wafv2.CfnWebACL.ForwardedIPConfigurationProperty(
            header_name=VISITOR_ADDRESS_HEADER, fallback_behavior="MATCH"
        ),
        limit=MOST_REQUESTS_OF_AN_ADDRESS,
        evaluation_window_sec=300,
    )


def _rate_rule(
    priority: int, name: str, rate: wafv2.CfnWebACL.RateBasedStatementProperty
) -> wafv2.CfnWebACL.RuleProperty:
    refusal = wafv2.CfnWebACL.CustomResponseProperty(response_code=429, custom_response_body_key=_TOO_MANY)
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(
            block=wafv2.CfnWebACL.BlockActionProperty(custom_response=refusal)
        ),
        statement=wafv2.CfnWebACL.StatementProperty(rate_based_statement=rate),
        visibility_config=_visibility(name),
    )


def _visibility(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )

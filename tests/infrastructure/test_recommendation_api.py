"""The recommendation API: what it takes, refuses, logs and survives."""

import json
import re
from typing import Any

from aws_cdk.assertions import Match

from tests.infrastructure.assembly import Assembly, Resource

PERSONAL = re.compile(r"identity\.|authorizer|requestOverride|userAgent|sourceIp|\$input|body", re.IGNORECASE)


def _one(assembly: Assembly, kind: str) -> Resource:
    [resource] = assembly.resources(kind)
    return resource


def _recommend(assembly: Assembly) -> Resource:
    """POST /recommendations."""
    methods = assembly.resources("AWS::ApiGateway::Method")
    [method] = [method for method in methods if "recommendationsPOST" in method.logical_id]
    return method


def _quiz_model(assembly: Assembly) -> Resource:
    models = assembly.resources("AWS::ApiGateway::Model")
    return next(one for one in models if one.properties["Schema"]["title"] == "QuizAnswers")


def test_the_methods_are_these(assembly: Assembly) -> None:
    # Given the methods of the API
    paths = {
        path.logical_id: path.properties["PathPart"]
        for path in assembly.resources("AWS::ApiGateway::Resource")
    }
    methods = assembly.resources("AWS::ApiGateway::Method")
    # Then they are the quiz's, and those of the workloads that the settings name
    predictions = {("POST", name) for name in assembly.environment.api.predictions}
    assert {
        (method.properties["HttpMethod"], paths[method.properties["ResourceId"]["Ref"]]) for method in methods
    } == {("POST", "recommendations"), ("GET", "health"), ("GET", "openapi.json")} | predictions
    # And they are answered by functions as they come, the document about them by the gateway
    kinds = [method.properties["Integration"]["Type"] for method in methods]
    assert sorted(kinds) == ["AWS_PROXY"] * (len(methods) - 1) + ["MOCK"]


def test_the_health_function_may_describe_the_one_endpoint_and_no_more(assembly: Assembly) -> None:
    # Given what the function's role may do besides logs and traces
    [policy] = [
        policy
        for policy in assembly.resources("AWS::IAM::ManagedPolicy")
        if policy.logical_id.startswith("HealthRole")
    ]
    statements = assembly.resolve(policy.stack, policy.properties["PolicyDocument"]["Statement"])
    on_sagemaker = [one for one in statements if "sagemaker" in str(one["Action"])]
    # Then it is describing one endpoint
    assert [one["Action"] for one in on_sagemaker] == ["sagemaker:DescribeEndpoint"]
    name = f"{assembly.environment.prefix}-mysfit-recommender"
    assert on_sagemaker[0]["Resource"].endswith(f":endpoint/{name}")


def test_bodies_and_parameters_are_validated_before_the_function_is_called(assembly: Assembly) -> None:
    # Given the method's validator
    validator = _one(assembly, "AWS::ApiGateway::RequestValidator")
    method = _recommend(assembly)
    assert method.properties["RequestValidatorId"] == {"Ref": validator.logical_id}
    # Then it looks at both
    assert validator.properties["ValidateRequestBody"] is True
    assert validator.properties["ValidateRequestParameters"] is True
    # And holds the body against the model
    model = _quiz_model(assembly)
    assert method.properties["RequestModels"] == {"application/json": {"Ref": model.logical_id}}


def test_the_model_holds_the_shape_and_leaves_naming_the_faults_to_the_function(assembly: Assembly) -> None:
    # Given the model of a body
    schema = _quiz_model(assembly).properties["Schema"]
    # Then what isn't an object with a list of answers never reaches the function
    assert schema["type"] == "object"
    assert schema["required"] == ["entry"]
    assert schema["properties"] == {"entry": {"type": "array"}}


def test_every_method_is_throttled_as_the_settings_say(assembly: Assembly) -> None:
    # Given the stage's settings for all methods
    settings = assembly.environment.api
    [all_methods] = _one(assembly, "AWS::ApiGateway::Stage").properties["MethodSettings"]
    # Then they are the environment's
    assert (all_methods["HttpMethod"], all_methods["ResourcePath"]) == ("*", "/*")
    assert all_methods["ThrottlingRateLimit"] == settings.throttling_rate
    assert all_methods["ThrottlingBurstLimit"] == settings.throttling_burst
    # And execution logs, which would hold the answers, are off
    assert "LoggingLevel" not in all_methods
    assert not all_methods.get("DataTraceEnabled")


def test_access_logs_are_json_and_hold_nothing_personal(assembly: Assembly) -> None:
    # Given the format of the access log
    setting = _one(assembly, "AWS::ApiGateway::Stage").properties["AccessLogSetting"]
    # When a line of it is read
    line: dict[str, Any] = json.loads(setting["Format"])
    # Then it tells what was asked and how it ended
    assert {"request_id", "time", "method", "path", "status", "latency_ms", "error"} <= line.keys()
    assert all(value.startswith("$context.") for value in line.values())
    # And not who asked, from where, or what they answered
    assert not [value for value in line.values() if PERSONAL.search(value)]
    # And it goes to a log group of the stack
    groups = [group for group in assembly.resources("AWS::Logs::LogGroup") if group.stack == "recommendation"]
    names = [assembly.resolve(group.stack, {"Ref": group.logical_id}) for group in groups]
    destination = assembly.resolve("recommendation", setting["DestinationArn"])
    assert destination.split(":log-group:")[1] in names


def test_the_stage_is_made_after_the_gateway_may_write_logs(assembly: Assembly) -> None:
    # Given that API Gateway refuses a stage with access logs until the account has a role for them
    account = _one(assembly, "AWS::ApiGateway::Account")
    assert "ApiLogRole" in str(account.properties["CloudWatchRoleArn"])
    # Then the stage waits for it
    assert account.logical_id in _one(assembly, "AWS::ApiGateway::Stage").body["DependsOn"]


def test_the_stage_is_traced_and_measured(assembly: Assembly) -> None:
    stage = _one(assembly, "AWS::ApiGateway::Stage")
    assert stage.properties["TracingEnabled"] is True
    assert stage.properties["MethodSettings"][0]["MetricsEnabled"] is True


def test_what_the_gateway_refuses_reads_like_what_the_function_refuses(assembly: Assembly) -> None:
    # Given the gateway's own answers
    responses = {
        response.properties["ResponseType"]: response.properties
        for response in assembly.resources("AWS::ApiGateway::GatewayResponse")
    }
    # Then those a visitor may meet are there, an unknown path being told as such
    expected = {
        "BAD_REQUEST_BODY": "400",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "REQUEST_TOO_LARGE": "413",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "THROTTLED": "429",
    }
    if assembly.environment.api.waf:
        expected["WAF_FILTERED"] = "403"
    if assembly.environment.api.keys:
        expected |= {"INVALID_API_KEY": "403", "QUOTA_EXCEEDED": "429"}
    assert expected.items() <= {kind: one.get("StatusCode") for kind, one in responses.items()}.items()
    # And all others keep their status
    others = responses.keys() - expected.keys()
    assert others == {"DEFAULT_4XX", "DEFAULT_5XX"}
    assert not any("StatusCode" in responses[kind] for kind in others)
    for kind, properties in responses.items():
        # And each is an error with a code and a message that no value in it can break
        template = properties["ResponseTemplates"]["application/json"]
        if kind in others:  # the one message that API Gateway quotes itself
            template = template.replace("$context.error.messageString", '"Forbidden"')
            template = template.replace("$context.error.responseType", kind)
        error = json.loads(template)["error"]
        assert error["code"]
        assert error["message"]
        assert "$context" not in template


def test_a_change_of_an_answer_is_deployed(assembly: Assembly) -> None:
    # Given that a stage serves a snapshot of the API
    deployment = _one(assembly, "AWS::ApiGateway::Deployment")
    # Then the snapshot is taken after the method and all of the gateway's answers
    responses = {response.logical_id for response in assembly.resources("AWS::ApiGateway::GatewayResponse")}
    methods = {method.logical_id for method in assembly.resources("AWS::ApiGateway::Method")}
    assert responses | methods <= set(deployment.body["DependsOn"])


def test_the_firewall_is_there_only_where_the_settings_ask_for_it(dev: Assembly, prod: Assembly) -> None:
    # Given dev, which asks for none, and prod, which does
    for assembly, count in ((dev, 0), (prod, 1)):
        template = assembly.assertions("recommendation")
        template.resource_count_is("AWS::WAFv2::WebACL", count)
        template.resource_count_is("AWS::WAFv2::WebACLAssociation", count)
    # Then prod's blocks known attacks, and an address or a visitor of the website that asks too often
    refused = Match.object_like({"Block": {"CustomResponse": Match.object_like({"ResponseCode": 429})}})
    prod.assertions("recommendation").has_resource_properties(
        "AWS::WAFv2::WebACL",
        {
            "Scope": "REGIONAL",
            "DefaultAction": {"Allow": {}},
            "Rules": [
                Match.object_like({"Name": "AWSManagedRulesCommonRuleSet", "Priority": 0}),
                Match.object_like({"Name": "AWSManagedRulesKnownBadInputsRuleSet", "Priority": 1}),
                Match.object_like({"Name": "RateByAddress", "Priority": 2, "Action": refused}),
                Match.object_like({"Name": "RateByVisitor", "Priority": 3, "Action": refused}),
                Match.object_like({"Name": "RateByAnyAddress", "Priority": 4, "Action": refused}),
            ],
        },
    )


def test_only_this_api_may_call_its_functions(assembly: Assembly) -> None:
    # Given who else than roles may call functions
    permissions = assembly.resources("AWS::Lambda::Permission")
    resolved = [assembly.resolve(one.stack, one.properties) for one in permissions]
    # Then it is API Gateway, each for one method of the one API
    assert {one["Principal"] for one in resolved} == {"apigateway.amazonaws.com"}
    api = _one(assembly, "AWS::ApiGateway::RestApi")
    sources = {
        one["SourceArn"].partition(assembly.resolve(api.stack, {"Ref": api.logical_id}))[2]
        for one in resolved
    }
    predictions = {f"POST/predictions/{name}" for name in assembly.environment.api.predictions}
    assert {source.partition("/")[2].partition("/")[2] for source in sources} == {
        "POST/recommendations",
        "GET/health",
        *predictions,
    }


def test_the_function_answers_before_the_gateway_gives_up(assembly: Assembly) -> None:
    # Given that API Gateway waits 29 s
    [function] = [
        f
        for f in assembly.resources("AWS::Lambda::Function")
        if f.properties["Handler"] == "recommend.handler.handler"
    ]
    assert function.properties["Timeout"] < 29


def test_the_predicting_function_reaches_its_workloads_only(dev: Assembly) -> None:
    # Given what the function's role may do on SageMaker and S3
    [policy] = [
        policy
        for policy in dev.resources("AWS::IAM::ManagedPolicy")
        if policy.logical_id.startswith("PredictRole")
    ]
    statements = dev.resolve(policy.stack, policy.properties["PolicyDocument"]["Statement"])
    granted = {
        (action, one["Resource"])
        for one in statements
        for action in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
        if action.startswith(("sagemaker:", "s3:"))
    }
    # Then it is asking the one endpoint, and reading which model it serves and how requests are encoded
    name = f"{dev.environment.prefix}-mysfit-recommender"
    assert {action for action, _ in granted} == {
        "sagemaker:InvokeEndpoint",
        "sagemaker:ListTags",
        "sagemaker:DescribeModelPackage",
        "s3:GetObject",
    }
    for action, resource in granted:
        ends = {
            "sagemaker:DescribeModelPackage": f":model-package/{name}/*",
            "s3:GetObject": "/runs/mysfit_recommender/*/evaluation/serving.json",
        }
        assert resource.endswith(ends.get(action, f":endpoint/{name}"))


def test_the_predicting_function_carries_its_workloads_words_and_no_others(whole_dev: Assembly) -> None:
    # Given the asset of dev's function
    [function] = [
        one
        for one in whole_dev.resources("AWS::Lambda::Function")
        if one.properties["Handler"] == "predict.handler.handler"
    ]
    key = whole_dev.resolve(function.stack, function.properties["Code"]["S3Key"])
    asset = whole_dev.folder / f"asset.{key.removesuffix('.zip')}"
    # Then it holds the scripts of the workloads that the settings name, and what these share
    named = set(whole_dev.environment.api.predictions)
    assert {path.parent.name for path in asset.glob("workloads/*/inference.py")} == named
    assert (asset / "library" / "encoding.py").is_file()

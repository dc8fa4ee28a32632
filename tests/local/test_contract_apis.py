"""REST APIs from templates validate, throttle, log and can be protected."""

import json
import urllib.error
import urllib.request
from typing import Any

from tests.local.running import Deploy, LocalAws, MakeRole, statement

ECHO = "import json\ndef handler(event, context): return {'statusCode': 200, 'body': event['body']}"
SCHEMA = {
    "type": "object",
    "required": ["entry"],
    "additionalProperties": False,
    "properties": {"entry": {"type": "array", "minItems": 2, "items": {"type": "integer", "maximum": 8}}},
}
LOG_FORMAT = (
    '{"id":"$context.requestId","path":"$context.resourcePath","status":"$context.status","no":"$context.x"}'
)


def api_resources(role: str, *, throttling: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    api = {"Ref": "Api"}
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
    return {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": role,
                "Code": {"ZipFile": ECHO},
            },
        },
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
        "Items": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": api,
                "PathPart": "items",
                "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            },
        },
        "Model": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": api,
                "ContentType": "application/json",
                "Name": "Entry",
                "Schema": SCHEMA,
            },
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": api, "Name": "body", "ValidateRequestBody": True},
        },
        "Method": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": api,
                "ResourceId": {"Ref": "Items"},
                "HttpMethod": "POST",
                "AuthorizationType": "NONE",
                "RequestValidatorId": {"Ref": "Validator"},
                "RequestModels": {"application/json": {"Ref": "Model"}},
                "Integration": {
                    "Type": "AWS_PROXY",
                    "IntegrationHttpMethod": "POST",
                    "Uri": {"Fn::Sub": uri},
                },
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": "Function"},
                "Principal": "apigateway.amazonaws.com",
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Method",
            "Properties": {"RestApiId": api},
        },
        "Log": {"Type": "AWS::Logs::LogGroup"},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": api,
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": "v1",
                "MethodSettings": throttling or [],
                "AccessLogSetting": {
                    "DestinationArn": {"Fn::GetAtt": ["Log", "Arn"]},
                    "Format": LOG_FORMAT,
                },
            },
        },
    }


OUTPUTS = {"Api": {"Ref": "Api"}, "Log": {"Ref": "Log"}}


def post(aws: LocalAws, api: str, body: str = '{"entry": [1, 2]}', **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(  # noqa: S310 - a local address
        f"{aws.endpoint_url}/_aws/execute-api/{api}/v1/items",
        data=body.encode(),
        headers={"Content-Type": "application/json", **named},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_an_invalid_body_does_not_reach_the_function(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given
    outputs = deploy(name, api_resources(make_role("lambda.amazonaws.com", statement("logs:*"))), OUTPUTS)
    bad = ['{"entry": [1]}', '{"entry": [1, 9]}', '{"entry": [1, 2], "more": 1}', "{}", "[]", "not json", ""]
    # When
    good = post(local_aws, outputs["Api"], '{"entry": [1, 2]}')
    refused = [post(local_aws, outputs["Api"], body) for body in bad]
    # Then
    assert good == (200, '{"entry": [1, 2]}')
    assert {status for status, _ in refused} == {400}
    assert {json.loads(body)["message"] for _, body in refused} == {"Invalid request body"}


def test_validation_can_be_switched_off_by_an_update(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given
    resources = api_resources(make_role("lambda.amazonaws.com"))
    outputs = deploy(name, resources, OUTPUTS)
    # When
    resources["Validator"]["Properties"]["ValidateRequestBody"] = False
    deploy(name, resources, OUTPUTS)
    # Then
    assert post(local_aws, outputs["Api"], "{}") == (200, "{}")


def test_requests_are_logged_in_the_stages_format(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given
    outputs = deploy(name, api_resources(make_role("lambda.amazonaws.com")), OUTPUTS)
    # When
    post(local_aws, outputs["Api"], '{"entry": [1, 2]}')
    post(local_aws, outputs["Api"], "{}")
    # Then
    lines = [json.loads(message) for message in local_aws.log_messages(outputs["Log"])]
    assert [(line["path"], line["status"], line["no"]) for line in lines] == [
        ("/items", "200", "-"),
        ("/items", "400", "-"),
    ]
    assert lines[0]["id"] != lines[1]["id"]


def test_a_function_is_invoked_for_methods_that_its_policy_names(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given a function that may be invoked for this method
    resources = api_resources(make_role("lambda.amazonaws.com"))
    permission = resources["Permission"]["Properties"]
    source = "arn:aws:execute-api:us-east-1:${AWS::AccountId}:${Api}/v1/POST/"
    permission["SourceArn"] = {"Fn::Sub": f"{source}items"}
    outputs = deploy(name, resources, OUTPUTS)
    assert post(local_aws, outputs["Api"], '{"entry": [1, 2]}')[0] == 200
    # When it may for another method
    permission["SourceArn"] = {"Fn::Sub": f"{source}others"}
    deploy(name, resources, OUTPUTS)
    # Then
    status, text = post(local_aws, outputs["Api"], '{"entry": [1, 2]}')
    assert (status, json.loads(text)) == (500, {"message": "Internal server error"})
    # When it may for none
    del resources["Permission"]
    deploy(name, resources, OUTPUTS)
    # Then
    assert post(local_aws, outputs["Api"], '{"entry": [1, 2]}')[0] == 500


# What the function does is the first of the two numbers that it is sent.
FAULTY = """
import json, os
def handler(event, context):
    kind = json.loads(event["body"])["entry"][0]
    if kind == 1: raise ValueError("a secret")
    if kind == 2: os._exit(1)
    return {
        3: "a secret",
        4: None,
        5: {"message": "a secret"},
        6: {"statusCode": 200, "body": {"a": "secret"}},
        7: {"statusCode": 500, "body": "the function's own"},
    }[kind]
"""


def test_what_a_function_fails_of_is_not_told(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given a function that raises, dies, or answers what is no response
    resources = api_resources(make_role("lambda.amazonaws.com"))
    resources["Function"]["Properties"]["Code"] = {"ZipFile": FAULTY}
    outputs = deploy(name, resources, OUTPUTS)
    # When
    answers = [post(local_aws, outputs["Api"], f'{{"entry": [{kind}, 0]}}') for kind in range(1, 7)]
    # Then API Gateway answers
    assert {status for status, _ in answers} == {502}
    assert [json.loads(text) for _, text in answers] == [{"message": "Internal server error"}] * 6
    # And what is a response is the function's
    assert post(local_aws, outputs["Api"], '{"entry": [7, 0]}') == (500, "the function's own")


def test_a_gateway_response_says_how_a_functions_fault_is_told(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given an API with words of its own for faults of the server
    resources = api_resources(make_role("lambda.amazonaws.com"))
    resources["Function"]["Properties"]["Code"] = {"ZipFile": FAULTY}
    template = '{"code":"$context.error.responseType","said":$context.error.messageString}'
    response: dict[str, Any] = {
        "RestApiId": {"Ref": "Api"},
        "ResponseType": "DEFAULT_5XX",
        "ResponseTemplates": {"application/json": template},
    }
    resources["Fault"] = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": response}
    resources["Deployment"]["DependsOn"] = ["Method", "Fault"]
    said = {"code": "DEFAULT_5XX", "said": "Internal server error"}
    # Then a fault is told in them, with the status that it has
    outputs = deploy(name, resources, OUTPUTS)
    status, text = post(local_aws, outputs["Api"], '{"entry": [1, 0]}')
    assert (status, json.loads(text)) == (502, said)
    # And with another where the response has one
    response["StatusCode"] = "503"
    resources["Another"] = resources.pop("Deployment")  # a deployment keeps what it was made with
    resources["Stage"]["Properties"]["DeploymentId"] = {"Ref": "Another"}
    deploy(name, resources, OUTPUTS)
    status, text = post(local_aws, outputs["Api"], '{"entry": [1, 0]}')
    assert (status, json.loads(text)) == (503, said)


def test_a_mock_integration_answers_its_rendered_template(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given an answer whose template has a variable, and text that only looks like one
    resources = api_resources(make_role("lambda.amazonaws.com"))
    template = '#set($ref = \'$ref\')\n{"$ref": "#/a"}'
    resources["Method"]["Properties"]["Integration"] = {
        "Type": "MOCK",
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [
            {"StatusCode": "200", "ResponseTemplates": {"application/json": template}},
        ],
    }
    outputs = deploy(name, resources, OUTPUTS)
    # When
    status, text = post(local_aws, outputs["Api"], '{"entry": [1, 2]}')
    # Then
    assert status == 200
    assert json.loads(text) == {"$ref": "#/a"}


def test_a_body_of_more_than_10_mb_is_refused(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given an API whose model any such body fits
    outputs = deploy(name, api_resources(make_role("lambda.amazonaws.com")), OUTPUTS)
    valid = '{"entry": [1, 2]}'
    # When
    status, text = post(local_aws, outputs["Api"], valid + " " * (10 * 1024 * 1024))
    # Then
    assert status == 413
    assert json.loads(text) == {"message": "Request Too Long"}

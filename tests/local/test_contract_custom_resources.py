"""Custom resources: plain ones by their own function, those of CDK's provider framework by its rules."""

from typing import Any

import pytest

from tests.local.running import Deploy, LocalAws, MakeRole, StackFailed, delete_stack, statement

HANDLERS = """
import json
asked = 0

def on_event(event, context):
    print(json.dumps({"type": event["RequestType"], "id": event.get("PhysicalResourceId")}))
    wanted = event["ResourceProperties"].get("Answer", {})
    if event["RequestType"] in event["ResourceProperties"].get("Fail", []):
        raise ValueError("the handler says no")
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": wanted.get("DeleteId", event["PhysicalResourceId"])}
    data = {"First": "1", "Both": "on_event"}
    return {"PhysicalResourceId": event["ResourceProperties"]["Id"], "Data": data}

def is_complete(event, context):
    global asked
    asked += 1
    if asked % 3:
        return {"IsComplete": False}
    return {"IsComplete": True, "Data": {"Both": "is_complete", "Saw": event.get("Data", {}).get("First")}}
"""

PLAIN = """
import json, urllib.request

def handler(event, context):
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "plain"}
    answer["Data"] = {"Value": event["ResourceProperties"]["In"]}
    for key in ("StackId", "RequestId", "LogicalResourceId"):
        answer[key] = event[key]
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


def function(role: str, handler: str, source: str = HANDLERS, **variables: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": f"index.{handler}",
            "Role": role,
            "Code": {"ZipFile": source},
            "Environment": {"Variables": variables},
        },
    }


def provided(role: str, *, wait: bool = True, **properties: Any) -> dict[str, Any]:
    """A resource `Thing` with its handlers and a framework function like CDK's, which cannot run here."""
    variables = {"USER_ON_EVENT_FUNCTION_ARN": {"Fn::GetAtt": ["OnEvent", "Arn"]}}
    if wait:
        variables["USER_IS_COMPLETE_FUNCTION_ARN"] = {"Fn::GetAtt": ["IsComplete", "Arn"]}
    framework = function(role, "handler", "exports.handler = never", **variables)
    framework["Properties"]["Runtime"] = "nodejs22.x"
    return {
        "OnEvent": function(role, "on_event"),
        "IsComplete": function(role, "is_complete"),
        "Framework": framework,
        "Thing": {
            "Type": "AWS::CloudFormation::CustomResource",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]},
                "Id": "thing-1",
                **properties,
            },
        },
    }


@pytest.fixture
def role(make_role: MakeRole) -> str:
    return make_role("lambda.amazonaws.com", statement(["lambda:InvokeFunction", "logs:*"]))


def attribute(key: str) -> dict[str, Any]:
    return {"Fn::GetAtt": ["Thing", key]}


def test_on_event_then_is_complete_until_it_is(
    local_aws: LocalAws, deploy: Deploy, role: str, name: str
) -> None:
    # Given / When
    outputs = {key: attribute(key) for key in ("First", "Both", "Saw")} | {"Id": {"Ref": "Thing"}}
    created = deploy(name, provided(role), outputs)
    # Then
    assert created == {"First": "1", "Both": "is_complete", "Saw": "1", "Id": "thing-1"}
    # When
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"


def test_without_is_complete_the_event_is_enough(deploy: Deploy, role: str, name: str) -> None:
    # When
    outputs = deploy(name, provided(role, wait=False), {"Both": attribute("Both")})
    # Then
    assert outputs == {"Both": "on_event"}


def test_an_update_with_a_new_id_deletes_the_old_one(
    local_aws: LocalAws, deploy: Deploy, role: str, name: str
) -> None:
    # Given
    handler_name = deploy(name, provided(role), {"OnEvent": {"Ref": "OnEvent"}})["OnEvent"]
    # When
    outputs = deploy(name, provided(role, Id="thing-2"), {"Id": {"Ref": "Thing"}})
    # Then
    assert outputs["Id"] == "thing-2"
    messages = local_aws.log_messages(f"/aws/lambda/{handler_name}")
    seen = [line for line in messages if line.startswith("{")]
    assert seen == [
        '{"type": "Create", "id": null}',
        '{"type": "Update", "id": "thing-1"}',
        '{"type": "Delete", "id": "thing-1"}',
    ]


def test_a_failing_handler_fails_the_stack_with_its_message(deploy: Deploy, role: str, name: str) -> None:
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, provided(role, Fail=["Create"]))
    # Then
    assert "the handler says no" in str(failure.value)
    assert "Logs: /aws/lambda/" in str(failure.value)


def test_a_deletion_may_not_change_the_id(local_aws: LocalAws, deploy: Deploy, role: str, name: str) -> None:
    # Given
    deploy(name, provided(role, Answer={"DeleteId": "another"}))
    # When
    status = delete_stack(local_aws.client("cloudformation"), name)
    # Then
    assert status == "DELETE_FAILED"


def test_the_framework_needs_to_be_allowed_to_call_the_handlers(
    make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, provided(make_role("lambda.amazonaws.com")))
    # Then
    assert "not authorized to perform: lambda:InvokeFunction" in str(failure.value)


def test_a_plain_custom_resource_answers_by_its_url(deploy: Deploy, role: str, name: str) -> None:
    # Given
    resources = {
        "Function": function(role, "handler", PLAIN),
        "Thing": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "In": True},
        },
    }
    # When
    outputs = deploy(name, resources, {"Value": attribute("Value"), "Id": {"Ref": "Thing"}})
    # Then
    assert outputs == {"Value": "true", "Id": "plain"}

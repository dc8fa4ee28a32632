"""Custom resources: plain ones by their own function, those of CDK's provider framework by its rules."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

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


def framework(role: str, **variables: Any) -> dict[str, Any]:
    """A function like the framework's own, which could not run here."""
    made = function(role, "handler", "exports.handler = never", **variables)
    made["Properties"]["Runtime"] = "nodejs22.x"
    return made


def waiter(role: str) -> dict[str, Any]:
    """The state machine with which the framework polls."""
    poll = {
        "Type": "Task",
        "Resource": "${Poll}",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 30, "BackoffRate": 1}],
        "End": True,
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": role,
            "Definition": {"StartAt": "poll", "States": {"poll": poll}},
            "DefinitionSubstitutions": {"Poll": {"Fn::GetAtt": ["Polling", "Arn"]}},
        },
    }


@dataclass(frozen=True)
class Roles:
    """Who acts: the handlers, the framework at the event, its waiter, and the framework when it polls."""

    handlers: str
    event: str
    waiter: str
    polling: str


def provided(roles: Roles, *, wait: bool = True, **properties: Any) -> dict[str, Any]:
    """A resource `Thing` with its handlers and what CDK's framework puts around them."""
    handlers = {"USER_ON_EVENT_FUNCTION_ARN": {"Fn::GetAtt": ["OnEvent", "Arn"]}}
    resources: dict[str, Any] = {"OnEvent": function(roles.handlers, "on_event")}
    variables: dict[str, Any] = dict(handlers)
    if wait:
        handlers["USER_IS_COMPLETE_FUNCTION_ARN"] = {"Fn::GetAtt": ["IsComplete", "Arn"]}
        variables = {**handlers, "WAITER_STATE_MACHINE_ARN": {"Ref": "Waiter"}}
        resources["IsComplete"] = function(roles.handlers, "is_complete")
        resources["Polling"] = framework(roles.polling, **handlers)
        resources["Waiter"] = waiter(roles.waiter)
    resources["Event"] = framework(roles.event, **variables)
    token = {"ServiceToken": {"Fn::GetAtt": ["Event", "Arn"]}}
    resources["Thing"] = {
        "Type": "AWS::CloudFormation::CustomResource",
        "Properties": {**token, "Id": "thing-1", **properties},
    }
    return resources


CALL = statement("lambda:InvokeFunction")
START = statement("states:StartExecution")


@pytest.fixture
def roles(make_role: MakeRole) -> Roles:
    return Roles(
        handlers=make_role("lambda.amazonaws.com", statement("logs:*")),
        event=make_role("lambda.amazonaws.com", CALL, START),
        waiter=make_role("states.amazonaws.com", CALL),
        polling=make_role("lambda.amazonaws.com", CALL),
    )


def attribute(key: str) -> dict[str, Any]:
    return {"Fn::GetAtt": ["Thing", key]}


def test_on_event_then_is_complete_until_it_is(
    local_aws: LocalAws, deploy: Deploy, roles: Roles, name: str
) -> None:
    # Given / When
    outputs = {key: attribute(key) for key in ("First", "Both", "Saw")} | {"Id": {"Ref": "Thing"}}
    created = deploy(name, provided(roles), outputs)
    # Then
    assert created == {"First": "1", "Both": "is_complete", "Saw": "1", "Id": "thing-1"}
    # When
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"


def test_without_is_complete_the_event_is_enough(deploy: Deploy, roles: Roles, name: str) -> None:
    # When
    outputs = deploy(name, provided(roles, wait=False), {"Both": attribute("Both")})
    # Then
    assert outputs == {"Both": "on_event"}


def test_an_update_with_a_new_id_deletes_the_old_one(
    local_aws: LocalAws, deploy: Deploy, roles: Roles, name: str
) -> None:
    # Given
    handler_name = deploy(name, provided(roles), {"OnEvent": {"Ref": "OnEvent"}})["OnEvent"]
    # When
    outputs = deploy(name, provided(roles, Id="thing-2"), {"Id": {"Ref": "Thing"}})
    # Then
    assert outputs["Id"] == "thing-2"
    messages = local_aws.log_messages(f"/aws/lambda/{handler_name}")
    seen = [line for line in messages if line.startswith("{")]
    assert seen == [
        '{"type": "Create", "id": null}',
        '{"type": "Update", "id": "thing-1"}',
        '{"type": "Delete", "id": "thing-1"}',
    ]


def test_a_failing_handler_fails_the_stack_with_its_message(deploy: Deploy, roles: Roles, name: str) -> None:
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, provided(roles, Fail=["Create"]))
    # Then
    assert "the handler says no" in str(failure.value)
    assert "Logs: /aws/lambda/" in str(failure.value)


def test_a_deletion_may_not_change_the_id(
    local_aws: LocalAws, deploy: Deploy, roles: Roles, name: str
) -> None:
    # Given
    deploy(name, provided(roles, Answer={"DeleteId": "another"}))
    # When
    status = delete_stack(local_aws.client("cloudformation"), name)
    # Then
    assert status == "DELETE_FAILED"


@pytest.mark.parametrize(
    ("who", "granted", "missing"),
    [
        ("event", START, "lambda:InvokeFunction"),
        ("event", CALL, "states:StartExecution"),
        ("waiter", START, "lambda:InvokeFunction"),
        ("polling", START, "lambda:InvokeFunction"),
    ],
)
def test_each_part_of_the_framework_needs_its_permission(
    make_role: MakeRole,
    deploy: Deploy,
    roles: Roles,
    name: str,
    who: str,
    granted: dict[str, Any],
    missing: str,
) -> None:
    # Given
    service = "states.amazonaws.com" if who == "waiter" else "lambda.amazonaws.com"
    lacking = replace(roles, **{who: make_role(service, granted)})
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, provided(lacking))
    # Then
    assert f"not authorized to perform: {missing}" in str(failure.value)


def test_a_plain_custom_resource_answers_by_its_url(deploy: Deploy, roles: Roles, name: str) -> None:
    # Given
    resources = {
        "Function": function(roles.handlers, "handler", PLAIN),
        "Thing": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "In": True},
        },
    }
    # When
    outputs = deploy(name, resources, {"Value": attribute("Value"), "Id": {"Ref": "Thing"}})
    # Then
    assert outputs == {"Value": "true", "Id": "plain"}


def test_a_stack_of_a_second_is_settled_when_it_is_described(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given a change set whose stack takes a second
    client = local_aws.client("cloudformation")
    role = make_role("lambda.amazonaws.com", statement("logs:*"))
    slow = function(
        role, "handler", f"import time\n{PLAIN}".replace("answer =", "time.sleep(1)\n    answer =", 1)
    )
    asking = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "In": "1"}
    resources = {"Function": slow, "Slow": {"Type": "Custom::Slow", "Properties": asking}}
    client.create_change_set(
        StackName=name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": resources}),
    )
    # When it is executed
    client.execute_change_set(StackName=name, ChangeSetName="first")
    # Then the first look at the stack finds it made
    [stack] = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    # When it is deleted
    client.delete_stack(StackName=name)
    # Then the first look finds it gone, by its name or its id
    with pytest.raises(ClientError, match="does not exist"):
        client.describe_stacks(StackName=name)
    [gone] = client.describe_stacks(StackName=stack["StackId"])["Stacks"]
    assert gone["StackStatus"] == "DELETE_COMPLETE"

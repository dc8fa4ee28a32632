"""Lambda functions run as on AWS: errors, environment, permissions, logs, timeouts, reserved concurrency."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.running import Deploy, LocalAws, MakeFunction, MakeRole, StackFailed, statement

Invoke = Callable[..., tuple[str | None, Any]]

COUNTING = """
calls = 0

class Unhappy(Exception):
    pass

def handler(event, context):
    global calls
    calls += 1
    if event.get("fail"):
        raise Unhappy("this is why")
    return calls
"""


def test_an_exception_keeps_its_class_and_the_environment_lives_on(
    make_function: MakeFunction, invoke: Invoke
) -> None:
    # Given
    function = make_function(COUNTING)
    # When
    first = invoke(function)
    failed = invoke(function, {"fail": True})
    third = invoke(function)
    # Then
    assert first == (None, 1)
    assert failed[0] == "Unhandled"
    assert failed[1]["errorType"] == "Unhappy"
    assert failed[1]["errorMessage"] == "this is why"
    assert "raise Unhappy" in failed[1]["stackTrace"][-1]
    assert third == (None, 3)


def test_a_function_sees_its_own_environment_and_nothing_of_the_launchers(
    make_function: MakeFunction, invoke: Invoke
) -> None:
    # Given
    function = make_function(
        "import os\ndef handler(event, context): return dict(os.environ)",
        Environment={"Variables": {"MINE": "yes"}},
    )
    # When
    _, variables = invoke(function)
    # Then
    assert variables["MINE"] == "yes"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function
    assert variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    allowed = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "MINE", "LAMBDA_TASK_ROOT", "_HANDLER"}
    assert {variable for variable in variables if not variable.startswith("AWS_")} == allowed


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        (
            "import ministack\ndef handler(e, c): pass",
            "Runtime.ImportModuleError",
            "No module named 'ministack'",
        ),
        ("def handler(e, c) pass", "Runtime.UserCodeSyntaxError", "Syntax error"),
        ("def other(e, c): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("def handler(e, c): return {1, 2}", "Runtime.MarshalError", "not JSON serializable"),
        ("import sys\ndef handler(e, c): sys.exit(3)", "Runtime.ExitError", "exit status 3"),
        ("raise KeyError('gone')", "KeyError", "'gone'"),
    ],
)
def test_faults_are_named_as_on_aws(
    make_function: MakeFunction, invoke: Invoke, source: str, error_type: str, message: str
) -> None:
    # Given
    function = make_function(source)
    # When
    kind, answer = invoke(function)
    # Then
    assert kind == "Unhandled"
    assert answer["errorType"] == error_type
    assert message in answer["errorMessage"]


def test_the_timeout_ends_the_invocation(make_function: MakeFunction, invoke: Invoke) -> None:
    # Given
    function = make_function(
        "import time\ndef handler(e, c): time.sleep(e.get('s', 0)); return 'done'", Timeout=1
    )
    # When
    kind, answer = invoke(function, {"s": 30})
    # Then
    assert kind == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]
    assert invoke(function) == (None, "done")


def test_a_function_acts_as_its_role_and_its_accesses_are_recorded(
    local_aws: LocalAws, make_role: MakeRole, make_function: MakeFunction, invoke: Invoke, name: str
) -> None:
    # Given
    local_aws.client("s3").create_bucket(Bucket=name)
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket=event['bucket'], Key=event['key'], Body=b'x')\n"
    )
    role = make_role("lambda.amazonaws.com", statement("s3:PutObject", f"arn:aws:s3:::{name}/allowed/*"))
    function = make_function(source, role=role)
    # When
    allowed = invoke(function, {"bucket": name, "key": "allowed/a"})
    denied = invoke(function, {"bucket": name, "key": "other/a"})
    # Then
    assert allowed == (None, None)
    assert "AccessDenied" in denied[1]["errorMessage"]
    rows = [
        (row["action"], row["resource"], row["allowed"])
        for row in local_aws.accesses()
        if row["role"] == role
    ]
    assert ("s3:PutObject", f"arn:aws:s3:::{name}/allowed/a", True) in rows
    assert ("s3:PutObject", f"arn:aws:s3:::{name}/other/a", False) in rows


@pytest.mark.parametrize(
    "actions", [["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], None]
)
def test_logs_are_written_only_if_the_role_may(
    local_aws: LocalAws,
    make_role: MakeRole,
    make_function: MakeFunction,
    invoke: Invoke,
    actions: list[str] | None,
) -> None:
    # Given
    statements = [statement(actions)] if actions else []
    role = make_role("lambda.amazonaws.com", *statements)
    function = make_function("def handler(e, c): print('hello from here')", role=role)
    # When
    invoke(function)
    # Then
    groups = local_aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")
    assert bool(groups["logGroups"]) == bool(actions)
    if actions:
        messages = local_aws.log_messages(f"/aws/lambda/{function}")
        assert [line.split()[0] for line in messages] == ["START", "hello", "END", "REPORT"]


def test_concurrent_invocations_run_side_by_side(
    local_aws: LocalAws, make_function: MakeFunction, invoke: Invoke
) -> None:
    # Given a function that calls itself, which one environment alone could not serve
    source = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    if event.get('depth', 0) == 0:\n"
        "        return 'end'\n"
        "    answer = boto3.client('lambda').invoke(FunctionName=context.function_name,\n"
        "        Payload=json.dumps({'depth': event['depth'] - 1}))\n"
        "    return json.loads(answer['Payload'].read())\n"
    )
    role_statement = statement("lambda:InvokeFunction")
    function = make_function(source)
    iam = local_aws.client("iam")
    role = local_aws.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"]
    iam.put_role_policy(
        RoleName=role.rsplit("/", 1)[-1],
        PolicyName="self",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [role_statement]}),
    )
    # When / Then
    assert invoke(function, {"depth": 2}) == (None, "end")


def _function_resource(role: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": role,
            "Code": {"ZipFile": "def handler(event, context): print('logged'); return 1"},
            **more,
        },
    }


def test_template_properties_reach_the_function(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str, invoke: Invoke
) -> None:
    # Given
    role = make_role("lambda.amazonaws.com", statement(["logs:*", "sqs:*"]))
    queue = local_aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    queue_arn = f"arn:aws:sqs:us-east-1:000000000000:{queue.rsplit('/', 1)[-1]}"
    resources = {
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": f"/mine/{name}", "RetentionInDays": 7},
        },
        "Function": _function_resource(
            role,
            ReservedConcurrentExecutions=0,
            DeadLetterConfig={"TargetArn": queue_arn},
            LoggingConfig={"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"},
        ),
    }
    # When
    function = deploy(name, resources, {"Name": {"Ref": "Function"}})["Name"]
    client = local_aws.client("lambda")
    described = client.get_function(FunctionName=function)
    # Then
    assert described["Configuration"]["DeadLetterConfig"] == {"TargetArn": queue_arn}
    assert described["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function)
    # When the reservation is lifted
    resources["Function"] = _function_resource(
        role, LoggingConfig={"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"}
    )
    deploy(name, resources)
    # Then it runs, and its log is in the group it names, in that format
    assert invoke(function) == (None, 1)
    messages = local_aws.log_messages(f"/mine/{name}")
    assert "logged" in messages
    assert json.loads(messages[0])["type"] == "platform.start"
    groups = local_aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/mine/{name}")["logGroups"]
    assert groups[0]["retentionInDays"] == 7


def test_a_role_that_lambda_cannot_assume_is_refused(make_role: MakeRole, deploy: Deploy, name: str) -> None:
    # Given
    role = make_role("states.amazonaws.com")
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, {"Function": _function_resource(role)})
    # Then
    assert "cannot be assumed by Lambda" in str(failure.value)

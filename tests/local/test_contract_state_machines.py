"""State machines act as their role and read JSONata as AWS does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.running import Deploy, Execute, LocalAws, MakeFunction, MakeRole, StackFailed, statement

MakeMachine = Callable[..., str]

LOG_DELIVERY = statement(
    [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ]
)


def task(resource: str, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **more}


def call_function(function: str, **more: Any) -> dict[str, Any]:
    arguments = {"FunctionName": function, "Payload": "{% $states.input %}"}
    return task("arn:aws:states:::lambda:invoke", arguments, **more)


FAILING = "class SourceMissing(Exception): pass\ndef handler(e, c):\n    raise SourceMissing('no file')\n"


def test_a_functions_exception_is_caught_by_its_class(
    make_function: MakeFunction, make_machine: MakeMachine, execute: Execute
) -> None:
    # Given
    catch = {
        "ErrorEquals": ["SourceMissing"],
        "Next": "Caught",
        "Assign": {"error": "{% $states.errorOutput.Error %}"},
        "Output": {"why": "{% $parse($states.errorOutput.Cause).errorMessage %}"},
    }
    states = {
        "Call": call_function(make_function(FAILING), Catch=[catch]),
        "Caught": {"Type": "Pass", "Output": "{% $merge([$states.input, {'error': $error}]) %}", "End": True},
    }
    # When
    ended = execute(make_machine(states, statement("lambda:InvokeFunction")))
    # Then
    assert ended["output"] == {"why": "no file", "error": "SourceMissing"}


def test_a_retry_by_class_succeeds_in_the_end(
    make_function: MakeFunction, make_machine: MakeMachine, execute: Execute
) -> None:
    # Given a function that succeeds at its third call
    source = (
        "class Busy(Exception): pass\ncalls = 0\n"
        "def handler(event, context):\n    global calls; calls += 1\n"
        "    if calls < 3: raise Busy('not yet')\n    return calls\n"
    )
    retry = {"ErrorEquals": ["Busy"], "MaxAttempts": 3, "IntervalSeconds": 1, "JitterStrategy": "FULL"}
    call = call_function(make_function(source), Retry=[retry], Output="{% $states.result.Payload %}")
    # When
    ended = execute(make_machine({"Call": call}, statement("lambda:InvokeFunction")))
    # Then
    assert ended["output"] == 3


def test_a_throttled_function_is_named(
    local_aws: LocalAws, make_function: MakeFunction, make_machine: MakeMachine, execute: Execute
) -> None:
    # Given
    function = make_function("def handler(e, c): return 1")
    local_aws.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    # When
    ended = execute(make_machine({"Call": call_function(function)}, statement("lambda:InvokeFunction")))
    # Then
    assert ended["error"] == "Lambda.TooManyRequestsException"


def test_each_task_needs_the_roles_permission(
    local_aws: LocalAws, make_function: MakeFunction, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    function = make_function("def handler(e, c): return 1")
    function_arn = local_aws.client("lambda").get_function(FunctionName=function)["Configuration"][
        "FunctionArn"
    ]
    topic = local_aws.client("sns").create_topic(Name=name)["TopicArn"]
    local_aws.client("s3").create_bucket(Bucket=name)
    local_aws.client("s3").put_object(Bucket=name, Key="k", Body=b'{"a": 1}')
    get = {"Bucket": name, "Key": "k"}
    cases = [
        (call_function(function), "lambda:InvokeFunction", function_arn, "Lambda.AWSLambdaException"),
        (
            task("arn:aws:states:::sns:publish", {"TopicArn": topic, "Message": "m"}),
            "sns:Publish",
            topic,
            "SNS.AuthorizationErrorException",
        ),
        (
            task("arn:aws:states:::aws-sdk:s3:getObject", get),
            "s3:GetObject",
            f"arn:aws:s3:::{name}/k",
            "S3.S3Exception",
        ),
    ]
    for state, action, resource, error in cases:
        # When
        allowed = execute(make_machine({"Do": state}, statement(action, resource)))
        elsewhere = execute(make_machine({"Do": state}, statement(action, f"{resource}-other")))
        # Then
        assert allowed["status"] == "SUCCEEDED", allowed
        assert elsewhere["error"] == error
        assert action in elsewhere["cause"]
        assert "not authorized to perform" in elsewhere["cause"]


def test_an_sdk_integration_answers_as_aws(
    local_aws: LocalAws, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    local_aws.client("s3").create_bucket(Bucket=name)
    local_aws.client("s3").put_object(
        Bucket=name, Key="k.json", Body=b'{"metrics": {"accuracy": {"value": 0.5}}}'
    )
    read = task(
        "arn:aws:states:::aws-sdk:s3:getObject",
        {"Bucket": name, "Key": "{% $states.input.key %}"},
        Output="{% $parse($states.result.Body).metrics.accuracy.value %}",
        Catch=[{"ErrorEquals": ["S3.NoSuchKeyException"], "Next": "Missing"}],
    )
    missing = {"Type": "Fail", "Error": "Missing", "Cause": "{% $states.input.Error %}"}
    machine = make_machine({"Read": read, "Missing": missing}, statement("s3:*"))
    # When / Then
    assert execute(machine, {"key": "k.json"})["output"] == 0.5
    assert execute(machine, {"key": "none"})["cause"] == "S3.NoSuchKeyException"


def test_an_sdk_integration_answers_in_pascal_case_whatever_the_api_writes(
    make_machine: MakeMachine, execute: Execute
) -> None:
    # Given an API whose members begin in lower case
    own = "{% $states.context.StateMachine.Id %}"
    look = task(
        "arn:aws:states:::aws-sdk:sfn:listExecutions",
        {"StateMachineArn": own, "StatusFilter": "RUNNING"},
        Output="{% $states.result.Executions[-1].ExecutionArn = $states.context.Execution.Id %}",
    )
    # When / Then a machine finds its own execution
    assert execute(make_machine({"Look": look}, statement("states:ListExecutions")))["output"] is True


def test_a_result_may_not_exceed_the_limit(
    local_aws: LocalAws, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    local_aws.client("s3").create_bucket(Bucket=name)
    local_aws.client("s3").put_object(Bucket=name, Key="k", Body=b"x" * 300_000)
    read = task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": name, "Key": "k"})
    caught = {"Type": "Pass", "End": True}
    states = {
        "Read": {**read, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
        "Caught": caught,
    }
    # When
    ended = execute(make_machine(states, statement("s3:*")))
    # Then States.ALL does not catch it
    assert ended["error"] == "States.DataLimitExceeded"


@pytest.mark.parametrize("left_out", ["events:PutTargets", "events:PutRule", "events:DescribeRule", None])
def test_a_job_waited_for_takes_the_managed_rule(
    local_aws: LocalAws, make_role: MakeRole, name: str, left_out: str | None
) -> None:
    # Given
    actions = [
        each for each in ("events:PutTargets", "events:PutRule", "events:DescribeRule") if each != left_out
    ]
    rule = "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    role = make_role("states.amazonaws.com", statement(actions, rule))
    states = {"Train": task("arn:aws:states:::sagemaker:createTrainingJob.sync", {})}
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Train", "States": states})
    client = local_aws.client("stepfunctions")
    # When / Then
    if left_out is None:
        assert client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
        return
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.create_state_machine(name=name, definition=definition, roleArn=role)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"'{role}' is not authorized to create managed-rule." in str(refused.value)


JOB = "arn:aws:sagemaker:us-east-1:000000000000:training-job/job"
JOB_RULE = "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
JOB_ROLE = "arn:aws:iam::000000000000:role/job"
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
JOB_STATEMENTS = {
    "sagemaker:CreateTrainingJob": statement("sagemaker:CreateTrainingJob", JOB),
    "sagemaker:DescribeTrainingJob": statement("sagemaker:DescribeTrainingJob", JOB),
    "sagemaker:StopTrainingJob": statement("sagemaker:StopTrainingJob", JOB),
    "sagemaker:AddTags": statement("sagemaker:AddTags", JOB),
    "iam:PassRole": statement("iam:PassRole", JOB_ROLE, Condition=TO_SAGEMAKER),
}


@pytest.mark.parametrize("left_out", [*JOB_STATEMENTS, "condition", None])
def test_a_job_takes_each_of_its_permissions(
    make_machine: MakeMachine, execute: Execute, left_out: str | None
) -> None:
    # Given
    rule = statement(["events:PutTargets", "events:PutRule", "events:DescribeRule"], JOB_RULE)
    statements = dict(JOB_STATEMENTS)
    statements.pop(left_out or "", None)
    if left_out == "condition":
        elsewhere = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        statements["iam:PassRole"] = statement("iam:PassRole", JOB_ROLE, Condition=elsewhere)
    train = task(
        "arn:aws:states:::sagemaker:createTrainingJob.sync", {"TrainingJobName": "job", "RoleArn": JOB_ROLE}
    )
    # When
    ended = execute(make_machine({"Train": train}, rule, *statements.values()))
    # Then
    missing = {"condition": "iam:PassRole"}.get(left_out or "", left_out)
    if missing:
        assert ended["error"] == "SageMaker.AmazonSageMakerException"
        assert f"not authorized to perform: {missing} on resource" in ended["cause"]
    else:
        # The request itself is not complete, which is found once it is allowed.
        assert "not authorized" not in ended["cause"]


@pytest.mark.parametrize(
    ("service", "logged", "message"),
    [
        ("states.amazonaws.com", False, "is not authorized to create managed-rule"),
        ("lambda.amazonaws.com", False, "to assume the provided role"),
        ("states.amazonaws.com", True, "not authorized to access the Log Destination"),
    ],
)
def test_a_templates_machine_is_refused_as_the_apis(
    make_role: MakeRole, deploy: Deploy, name: str, service: str, logged: bool, message: str
) -> None:
    # Given
    job = task("arn:aws:states:::sagemaker:createTransformJob.sync", {})
    state: dict[str, Any] = {"Type": "Succeed"} if logged else job
    properties: dict[str, Any] = {
        "RoleArn": make_role(service),
        "Definition": {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}},
    }
    if logged:
        properties["LoggingConfiguration"] = {"Level": "ALL", "Destinations": []}
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}})
    # Then
    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("level", "with_data", "types"),
    [
        ("ALL", True, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", False, ["ExecutionFailed"]),
    ],
)
def test_events_go_to_the_log_group(
    local_aws: LocalAws,
    make_role: MakeRole,
    deploy: Deploy,
    execute: Execute,
    name: str,
    level: str,
    with_data: bool,
    types: list[str],
) -> None:
    # Given
    group = f"/aws/vendedlogs/states/{name}"
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Log", "Arn"]}}}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {"S": {"Type": "Fail", "Error": "${Error}", "Cause": "{% $states.input.why %}"}},
    }
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": make_role("states.amazonaws.com", LOG_DELIVERY),
            "Definition": definition,
            "DefinitionSubstitutions": {"Error": "Told"},
            "LoggingConfiguration": {
                "Level": level,
                "IncludeExecutionData": with_data,
                "Destinations": [destination],
            },
            "TracingConfiguration": {"Enabled": True},
        },
    }
    log = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}
    arn = deploy(name, {"Log": log, "Machine": machine}, {"Arn": {"Ref": "Machine"}})["Arn"]
    # When
    ended = execute(arn, {"why": "because"})
    # Then
    assert (ended["error"], ended["cause"]) == ("Told", "because")
    entries = [json.loads(message) for message in local_aws.log_messages(group)]
    assert [entry["type"] for entry in entries] == types
    assert {entry["execution_arn"] for entry in entries} == {ended["executionArn"]}
    assert ("cause" in entries[-1]["details"]) == with_data


def passing(**more: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **more}


@pytest.mark.parametrize(
    ("states", "output"),
    [
        pytest.param(
            {"A": {"Type": "Succeed", "Output": {"n": "{% $states.input.a + 1 %}"}}}, {"n": 2}, id="succeed"
        ),
        pytest.param(
            {
                "A": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $states.input.a > 5 %}", "Next": "B"}],
                    "Default": "B",
                    "Output": "default",
                    "Assign": {"x": 7},
                },
                "B": passing(Output={"from": "{% $states.input %}", "x": "{% $x %}"}),
            },
            {"from": "default", "x": 7},
            id="default",
        ),
        pytest.param(
            {
                "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
                "B": {"Type": "Pass", "Assign": {"x": 2, "y": "{% $x %}"}, "Next": "C"},
                "C": passing(Output=["{% $x %}", "{% $y %}"]),
            },
            [2, 1],
            id="assign-at-once",
        ),
        pytest.param(
            {"A": passing(Output="{% $length($hash($states.context.Execution.Name, 'SHA-256')) %}")},
            64,
            id="hash",
        ),
        pytest.param(
            {"A": passing(Output="{% $exists($states.context.Execution.StartTime) %}")}, True, id="context"
        ),
        pytest.param(
            {"A": passing(Output={"deep": [{"k": "{% $states.input.none ? 1 : [] %}"}, None, "plain"]})},
            {"deep": [{"k": []}, None, "plain"]},
            id="nested",
        ),
        pytest.param(
            {
                "A": {
                    "Type": "Wait",
                    "Seconds": "{% $states.input.a * 10 %}",
                    "Assign": {"w": "x"},
                    "Next": "B",
                }
            }
            | {"B": passing(Output="{% $w %}")},
            "x",
            id="wait",
        ),
        pytest.param(
            {"A": passing(Output="{% $merge([{'a': 1}, {'b': {'c': [1, 2]}}]) %}")},
            {"a": 1, "b": {"c": [1, 2]}},
            id="merge",
        ),
        pytest.param(
            {"A": passing(Output="{% [$keys({'x': 1})] %}")},
            ["x"],
            id="sequence",
        ),
    ],
)
def test_jsonata_is_read_as_on_aws(
    make_machine: MakeMachine, execute: Execute, states: dict[str, Any], output: Any
) -> None:
    # Given
    machine = make_machine(states)
    # When
    ended = execute(machine, {"a": 1})
    # Then
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"] == output


def test_a_condition_must_be_a_boolean(make_machine: MakeMachine, execute: Execute) -> None:
    # Given
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "B"}], "Default": "B"}
    # When
    ended = execute(make_machine({"A": choice, "B": passing()}))
    # Then
    assert ended["error"] == "States.QueryEvaluationError"


def test_a_task_that_takes_too_long_times_out(
    make_function: MakeFunction, make_machine: MakeMachine, execute: Execute
) -> None:
    # Given a timeout that is an expression
    function = make_function("import time\ndef handler(e, c): time.sleep(30)", Timeout=60)
    call = call_function(function, TimeoutSeconds="{% $states.input.seconds %}")
    # When
    ended = execute(make_machine({"Call": call}, statement("lambda:InvokeFunction")), {"seconds": 1})
    # Then
    assert ended["error"] == "States.Timeout"


def test_a_rule_starts_a_machine_with_its_roles_permission(
    local_aws: LocalAws, make_machine: MakeMachine, make_role: MakeRole, name: str
) -> None:
    # Given
    machine = make_machine({"A": {"Type": "Succeed"}})
    events, states = local_aws.client("events"), local_aws.client("stepfunctions")
    may = make_role("events.amazonaws.com", statement("states:StartExecution", machine))
    may_not = make_role("events.amazonaws.com", statement("states:StartExecution", f"{machine}-other"))
    started = []
    for role in (may_not, may):
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "machine", "Arn": machine, "RoleArn": role}])
        # When
        events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
        started.append(len(states.list_executions(stateMachineArn=machine)["executions"]))
    # Then
    assert started == [0, 1]

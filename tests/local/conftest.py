"""A local AWS of the tests' own: on a free port, with a state folder that is thrown away."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.running import (
    ACCOUNT,
    ALARM_MINUTE_SECONDS,
    EXECUTION_SECONDS,
    Deploy,
    Execute,
    LocalAws,
    MakeFunction,
    MakeRole,
    StackFailed,
    delete_stack,
    failure_reasons,
    settled,
    statement,
    zip_of,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.local)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    aws = LocalAws(tmp_path_factory.mktemp("local_aws"))
    aws.start("--alarm-minute", str(ALARM_MINUTE_SECONDS))
    yield aws
    aws.kill()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"t-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def make_role(local_aws: LocalAws) -> MakeRole:
    """Make a role for a service (or for anyone in the account) with these statements; gives its ARN."""
    iam = local_aws.client("iam")

    def make(service: str | None, *statements: dict[str, Any]) -> str:
        role_name = f"r-{uuid.uuid4().hex[:10]}"
        principal = {"Service": service} if service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=role_name, PolicyName="given", PolicyDocument=policy)
        return str(role["Arn"])

    return make


@pytest.fixture
def make_function(local_aws: LocalAws, make_role: MakeRole) -> MakeFunction:
    """Make a Python function of the source text of its module `index`; gives its name."""
    client = local_aws.client("lambda")

    def make(source: str, *, role: str | None = None, **settings: Any) -> str:
        function_name = f"f-{uuid.uuid4().hex[:10]}"
        client.create_function(
            FunctionName=function_name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=role or make_role("lambda.amazonaws.com", statement("logs:*")),
            Code={"ZipFile": zip_of(index=source)},
            **{"Timeout": 10, **settings},
        )
        return function_name

    return make


@pytest.fixture
def invoke(local_aws: LocalAws) -> Callable[..., tuple[str | None, Any]]:
    """Invoke a function; gives the kind of its error, if any, and its answer."""
    client = local_aws.client("lambda")

    def call(function_name: str, payload: Any = None) -> tuple[str | None, Any]:
        answer = client.invoke(FunctionName=function_name, Payload=json.dumps(payload or {}))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    return call


@pytest.fixture
def deploy(local_aws: LocalAws) -> Iterator[Deploy]:
    """Deploy resources as a stack (again, to update it), give its outputs; stacks are deleted at the end."""
    client = local_aws.client("cloudformation")
    stacks: list[str] = []

    def create_or_update(
        stack: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None
    ) -> dict[str, str]:
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        arguments = {
            "StackName": stack,
            "TemplateBody": json.dumps(template),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        }
        if stack in stacks:
            client.update_stack(**arguments)
        else:
            stacks.append(stack)
            client.create_stack(**arguments)
        described = settled(client, stack)
        if not described["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
            raise StackFailed(failure_reasons(client, stack))
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    yield create_or_update
    left = {described["StackName"] for described in client.describe_stacks()["Stacks"]}
    for stack in reversed(stacks):
        if stack in left:
            delete_stack(client, stack)


@pytest.fixture
def make_machine(local_aws: LocalAws, make_role: MakeRole) -> Callable[..., str]:
    """Make a JSONata state machine of these states, the first of which is where it starts; gives its ARN."""
    client = local_aws.client("stepfunctions")

    def make(states: dict[str, Any], *statements: dict[str, Any], **settings: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
        machine = client.create_state_machine(
            name=f"m-{uuid.uuid4().hex[:10]}",
            definition=json.dumps(definition),
            roleArn=make_role("states.amazonaws.com", *statements),
            **settings,
        )
        return str(machine["stateMachineArn"])

    return make


@pytest.fixture
def execute(local_aws: LocalAws) -> Execute:
    """Run a state machine to its end; gives status, output (as a value), error and cause."""
    client = local_aws.client("stepfunctions")

    def run(machine: str, payload: Any = None) -> dict[str, Any]:
        started = client.start_execution(stateMachineArn=machine, input=json.dumps(payload or {}))
        deadline = time.monotonic() + EXECUTION_SECONDS
        while time.monotonic() < deadline:
            ended: dict[str, Any] = client.describe_execution(executionArn=started["executionArn"])
            if ended["status"] != "RUNNING":
                if ended["status"] == "SUCCEEDED":
                    ended["output"] = json.loads(ended["output"])
                return ended
            time.sleep(0.05)
        raise AssertionError(f"{machine} is still running")

    return run


@pytest.fixture
def bucket(local_aws: LocalAws, name: str) -> str:
    """A bucket that holds the object `k`."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


@pytest.fixture
def boundary(local_aws: LocalAws) -> str:
    """The ARN of a policy that allows reading objects and nothing else."""
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:GetObject")]})
    made = local_aws.client("iam").create_policy(
        PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=document
    )
    return str(made["Policy"]["Arn"])

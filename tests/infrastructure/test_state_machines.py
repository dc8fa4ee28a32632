"""What holds for every state machine, whatever it does."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from settings.loading import PROJECT_ROOT
from tests.infrastructure.assembly import Assembly, texts
from tests.infrastructure.state_machines import StateMachine, state_machines

VALIDATOR = PROJECT_ROOT / "node_modules" / ".bin" / "asl-validator"
PERMANENT = {"States.ALL", "States.TaskFailed", "States.Timeout"}
MODELLED = {"sagemaker", "s3", "sns"}
SAMPLES: dict[str, Any] = {"string": "text", "blob": b"{}", "integer": 1, "map": {}, "list": []}


@pytest.fixture(scope="module")
def machines(assembly: Assembly) -> list[StateMachine]:
    found = state_machines(assembly)
    assert [machine.name for machine in found] == ["training", "serving", "batch"]
    return found


def test_only_the_cdks_own_definition_is_a_string(assembly: Assembly) -> None:
    # Given all state machines
    all_machines = assembly.resources("AWS::StepFunctions::StateMachine")
    # When those are set aside that are written as a structure
    strings = [machine for machine in all_machines if "Definition" not in machine.properties]
    # Then what is left are the waiters of CDK's provider framework
    assert [re.sub("[0-9A-F]{8}$", "", machine.logical_id) for machine in strings] == [
        "CleanupProviderwaiterstatemachine",
        "TeardownProviderwaiterstatemachine",
    ]


def test_a_definition_holds_no_cloudformation_function_and_every_substitution_is_used(
    machines: list[StateMachine],
) -> None:
    for machine in machines:
        # Given the definition and its substitutions as they are in the template
        properties = machine.resource.properties
        written = list(texts(properties["Definition"]))
        # Then its tokens are substitutions, so it reads as a tree
        assert not [text for text in written if text == "Ref" or text.startswith("Fn::")]
        used = {name for text in written for name in re.findall(r"\$\{(\w+)\}", text)}
        assert used == set(properties["DefinitionSubstitutions"])


def test_definitions_are_in_jsonata_throughout(machines: list[StateMachine]) -> None:
    for machine in machines:
        assert machine.definition["QueryLanguage"] == "JSONata"
        paths = {"InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "ItemsPath"}
        for state in machine.states.values():
            assert not paths & state.keys()


def test_definitions_are_valid_amazon_states_language(
    whole_dev: Assembly, prod: Assembly, concrete: Assembly, tmp_path: Path
) -> None:
    # Given the definitions of all workloads as Step Functions gets them
    arguments: list[str] = []
    for machine in (each for one in (whole_dev, prod, concrete) for each in state_machines(one)):
        file = tmp_path / f"{len(arguments)}-{machine.resource.logical_id}.json"
        file.write_text(json.dumps(machine.definition), encoding="utf-8")
        arguments += ["--json-path", str(file)]
    # When a validator reads them
    checked = subprocess.run([VALIDATOR, *arguments], capture_output=True, text=True, check=False)
    # Then it finds no unknown field, dangling or unreachable state, or malformed expression
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_validator_does_find_faults() -> None:
    # Given definitions that each have one fault
    faults: dict[str, Any] = {
        "dangling": {"Next": "Nowhere"},
        "expression": {"Seconds": "{% $looks + %}"},
        "field": {"Parameters": {}},
    }
    command = [str(VALIDATOR)]
    for fault in faults.values():
        state = {"Type": "Wait", "Seconds": 1, "Next": "Done", **fault}
        states = {"Wait": state, "Done": {"Type": "Succeed"}}
        definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": states}
        command += ["--json-definition", json.dumps(definition)]
    # When the validator reads them
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    # Then it refuses each
    assert checked.returncode == 1
    assert checked.stdout.count("is invalid") + checked.stderr.count("is invalid") >= len(faults)


def test_every_state_can_be_reached_and_leads_to_an_end(machines: list[StateMachine]) -> None:
    for machine in machines:
        # Given the ways from the start
        start = machine.definition["StartAt"]
        # Then they touch every state
        assert machine.reachable(start) == set(machine.states)
        ends = {name for name, state in machine.states.items() if state["Type"] in {"Succeed", "Fail"}}
        # And from every state an end can be reached
        for name in machine.states:
            assert machine.reachable(name) & ends, name


def test_every_task_is_timed_retried_and_caught(machines: list[StateMachine]) -> None:
    for machine in machines:
        for name, task in machine.tasks.items():
            # Given a task
            # Then it doesn't wait for ever
            assert 0 < task["TimeoutSeconds"] <= machine.definition["TimeoutSeconds"], name
            # And it is tried again, at random moments, for passing faults only
            assert task["Retry"], name
            for retry in task["Retry"]:
                assert retry["JitterStrategy"] == "FULL", name
                assert 1 <= retry["MaxAttempts"] <= 5, name
                assert retry["BackoffRate"] > 1, name
                assert not PERMANENT & set(retry["ErrorEquals"]), name
            # And whatever else fails is caught
            assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_only_tasks_fail_unforeseen(machines: list[StateMachine]) -> None:
    # Given that Step Functions has a Catch for tasks only
    for machine in machines:
        # Then there is no state that would need one besides, such as a Map or a Parallel
        kinds = {state["Type"] for state in machine.states.values()}
        assert kinds <= {"Task", "Choice", "Wait", "Pass", "Succeed", "Fail"}


def test_a_catch_that_begins_a_failure_tells_what_failed_why_and_where_to_look(
    machines: list[StateMachine],
) -> None:
    for machine in machines:
        for name, task in machine.tasks.items():
            for catcher in task["Catch"]:
                if "Assign" in catcher:
                    # Given what a catch keeps of an error
                    failure = catcher["Assign"]["failure"]
                    # Then it names the state, and leaves nothing out of the report
                    assert failure["state"] == name
                    assert failure["error"] == "{% $states.errorOutput.Error %}"
                    assert failure.keys() == {"state", "error", "reason", "look"}
        # And the machine's last words are made of it
        last = machine.states["Failed"]
        assert last["Type"] == "Fail"
        assert last["Error"] == "{% $failure.error %}"
        for part in ("state", "error", "reason", "look"):
            assert f"$failure.{part}" in last["Cause"]
            assert f"$failure.{part}" in machine.states["NotifyFailure"]["Arguments"]["Message"]


def test_every_failing_end_is_told_to_the_topic_first(machines: list[StateMachine]) -> None:
    for machine in machines:
        # Given the ends that are failures
        failing = {name for name, state in machine.states.items() if state["Type"] == "Fail"}
        # When the states before them are looked at
        before = {name for name in machine.states if failing & set(machine.after(name))}
        # Then each of them publishes
        for name in before:
            task = machine.states[name]
            assert task["Type"] == "Task", name
            assert task["Resource"].endswith(":sns:publish"), name


def test_machines_are_logged_and_traced(machines: list[StateMachine]) -> None:
    for machine in machines:
        # Given a state machine's settings
        properties = machine.resource.properties
        # Then every event is logged to a group of its own stack, and executions are traced
        assert properties["TracingConfiguration"] == {"Enabled": True}
        logging = properties["LoggingConfiguration"]
        assert logging["Level"] == "ALL"
        assert logging["IncludeExecutionData"] is True
        [destination] = logging["Destinations"]
        [group, _] = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"]
        template = machine.assembly.template(machine.stack)
        assert template["Resources"][group]["Type"] == "AWS::Logs::LogGroup"


def test_a_machine_is_made_after_its_role_may_do_everything(machines: list[StateMachine]) -> None:
    for machine in machines:
        # Given that Step Functions checks the role's permissions when it creates a machine
        depends_on = machine.resource.body["DependsOn"]
        # Then the role's policy is there before, but for one that names the machine itself
        policies = [
            policy.logical_id
            for policy in machine.assembly.resources("AWS::IAM::ManagedPolicy")
            if policy.stack == machine.stack
            and {"Ref": machine.role.logical_id} in policy.properties["Roles"]
            and f"'{machine.resource.logical_id}'" not in str(policy.properties["PolicyDocument"])
        ]
        assert policies
        assert set(policies) <= set(depends_on)


def test_every_call_has_arguments_that_its_api_takes(machines: list[StateMachine]) -> None:
    for machine in machines:
        for name, task in machine.tasks.items():
            # Given the arguments of a call to an API that botocore models
            service, action = _api(task["Resource"])
            if service not in MODELLED:
                continue
            shape = _model(service).operation_model(action).input_shape
            # When they are held against the API's own model, expressions standing for any value
            report = ParamValidator().validate(_sampled(shape, task["Arguments"]), shape)
            # Then all members exist, all required ones are there, and each has its type
            assert not report.has_errors(), f"{name}: {report.generate_report()}"


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _api(resource: str) -> tuple[str, str]:
    """The service and the operation of a task's resource, such as `…:aws-sdk:sagemaker:createModel`."""
    service, action = resource.removesuffix(".sync").split(":")[-2:]
    return service, action[0].upper() + action[1:]


def _sampled(shape: Any, value: Any) -> Any:
    """A call's arguments with a value of the right type for each expression."""
    if isinstance(value, str) and value.startswith("{%"):
        return SAMPLES[shape.type_name]
    if isinstance(value, list):
        return [_sampled(shape.member, item) for item in value]
    if isinstance(value, dict) and shape.type_name == "structure":
        members = shape.members
        return {key: _sampled(members[key], item) if key in members else item for key, item in value.items()}
    return value

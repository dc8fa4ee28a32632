"""The training state machine: its road, its switches, its jobs."""

from typing import Any

import pytest

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.training_definition import training_definition
from tests.infrastructure.assembly import Assembly, texts
from tests.infrastructure.conftest import VPC
from tests.infrastructure.state_machines import StateMachine, only_workload, state_machine

JOBS = ("Prepare", "Train", "Transform", "Evaluate")
ROAD = [
    "ResolveRun",
    "Ingest",
    "Prepare",
    "Train",
    "RecordTraining",
    "CreateModel",
    "Transform",
    "DeleteModel",
    "FindPrevious",
    "IsTherePrevious",
    "DescribePrevious",
    "ReadPrevious",
    "RecordPrevious",
    "Evaluate",
    "ReadEvaluation",
    "Gate",
    "Register",
]


@pytest.fixture(scope="module")
def machine(assembly: Assembly) -> StateMachine:
    return state_machine(assembly, "training")


def _road(machine: StateMachine) -> list[str]:
    """The states on the way where every call succeeds and every gate is passed."""
    name, road = machine.definition["StartAt"], []
    while True:
        road.append(name)
        following = list(machine.after_success(name))
        if not following:
            return road
        name = following[0]


def test_automatic_approval_approves_what_it_registered(dev: Assembly) -> None:
    # Given an environment that approves by itself
    machine = state_machine(dev, "training")
    # Then the road ends with the approval
    assert _road(machine) == [*ROAD, "Approve", "Registered"]
    assert machine.states["Approve"]["Arguments"]["ModelApprovalStatus"] == "Approved"
    assert "$verdict" in machine.states["Approve"]["Arguments"]["ApprovalDescription"]
    assert machine.states["Registered"]["Output"]["approval_status"] == "Approved"
    # And nobody is asked
    assert "NotifyApprovalNeeded" not in machine.states


def test_manual_approval_asks_a_person_and_approves_nothing(prod: Assembly) -> None:
    # Given an environment where a person approves
    machine = state_machine(prod, "training")
    # Then the road ends with the question, which names the package, the metric and the run
    assert _road(machine) == [*ROAD, "NotifyApprovalNeeded", "Registered"]
    message = machine.states["NotifyApprovalNeeded"]["Arguments"]["Message"]
    for part in ("$model_package_arn", "$verdict", "$run.artifacts_uri"):
        assert part in message
    assert machine.states["Registered"]["Output"]["approval_status"] == "PendingManualApproval"
    # And no state could approve
    calls = [task["Resource"] for task in machine.tasks.values()]
    assert not [call for call in calls if call.endswith("updateModelPackage")]


def test_models_are_registered_as_pending_whatever_comes_after(machine: StateMachine) -> None:
    # Given the registration
    package = machine.states["Register"]["Arguments"]
    # Then it is the approval that starts a deployment, never the registration
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    # And the package says where it came from
    metadata = package["CustomerMetadataProperties"]
    assert metadata.keys() == {"run", "execution_arn", "artifacts_uri", "sample_uri", "data_sha256"}
    workload = only_workload(machine.assembly)
    inference = package["InferenceSpecification"]
    assert inference["SupportedContentTypes"] == [workload.inference.content_type]
    assert inference["SupportedResponseMIMETypes"] == [workload.inference.accept]


def test_a_model_below_the_gate_is_reported_and_not_registered(machine: StateMachine) -> None:
    # Given the gate
    [passed] = machine.states["Gate"]["Choices"]
    assert passed == {"Condition": "{% $metric >= 0.45 %}", "Next": "Register"}
    # When a model doesn't pass
    refused = machine.reachable(machine.states["Gate"]["Default"])
    # Then the topic is told and the execution fails with the gate's own error, metric, bound and place
    assert refused == {"NotifyRejection", "GateNotPassed"}
    failure = machine.states["GateNotPassed"]
    assert failure["Error"] == "GateNotPassed"
    for part in ("$verdict", "$run.artifacts_uri"):
        assert part in failure["Cause"]
    for part in ("accuracy", "$string(", "at least 0.45"):
        assert part in machine.states["ReadEvaluation"]["Assign"]["verdict"]


def test_a_gate_may_be_an_upper_bound(dev: Assembly) -> None:
    # Given a workload whose metric must stay below a bound
    gate = {"metric": "rmse", "metric_group": "regression_metrics", "maximum": 3.5}
    workload = _changed(only_workload(dev), gate=gate)
    # When its definition is written
    states = _states(workload, dev.environment)
    # Then the gate looks from above
    assert states["Gate"]["Choices"][0]["Condition"] == "{% $metric <= 3.5 %}"
    assert "at most 3.5" in states["ReadEvaluation"]["Assign"]["verdict"]
    assert states["Registered"]["Output"]["metric"]["maximum"] == 3.5


def test_a_metric_that_is_no_number_fails_where_it_is_caught(machine: StateMachine) -> None:
    # Given that a Choice can't catch, and the registry's schema has "NaN" as a text
    read = machine.states["ReadEvaluation"]
    # Then the task that reads the metric makes a number of it
    assert read["Assign"]["metric"].startswith("{% $number(")
    assert "multiclass_classification_metrics.accuracy.value" in read["Assign"]["metric"]


def test_the_candidate_model_is_deleted_however_the_transform_ends(machine: StateMachine) -> None:
    # Given that the candidate has been created
    [following] = machine.after_success("CreateModel")
    # When the ways on are followed that don't delete it
    left = machine.reachable(following, without=frozenset({"DeleteModel", "DeleteModelOfFailure"}))
    # Then none leads further
    assert left == {"Transform"}


def test_a_failure_ends_the_run_and_registers_nothing(machine: StateMachine) -> None:
    for name in machine.tasks:
        for handler in machine.after_failure(name):
            if name.startswith("Notify") or name == "ReadPrevious":  # only compared with
                continue
            # Given the state that catches a task's failure
            # Then from there only the leftover, the report and the failure come
            assert machine.reachable(handler) <= {"DeleteModelOfFailure", "NotifyFailure", "Failed"}


def test_jobs_cannot_reach_the_network(machine: StateMachine) -> None:
    # Given the containers that run, or will, with our data
    states = machine.states
    isolated = [states[name]["Arguments"]["NetworkConfig"] for name in ("Prepare", "Evaluate")]
    isolated += [states[name]["Arguments"] for name in ("Train", "CreateModel")]
    # Then SageMaker moves data in and out, and they reach nothing
    assert [settings["EnableNetworkIsolation"] for settings in isolated] == [True] * 4


def test_traffic_between_the_instances_of_a_job_is_encrypted(machine: StateMachine) -> None:
    states = machine.states
    jobs = [states[name]["Arguments"]["NetworkConfig"] for name in ("Prepare", "Evaluate")]
    jobs.append(states["Train"]["Arguments"])
    assert [job["EnableInterContainerTrafficEncryption"] for job in jobs] == [True] * 3


def test_jobs_run_in_the_vpc_only_where_the_environment_has_one(dev: Assembly, concrete: Assembly) -> None:
    # Given an environment with a VPC and one without
    def configs(assembly: Assembly) -> list[Any]:
        states = state_machine(assembly, "training").states
        places = [states[name]["Arguments"]["NetworkConfig"] for name in ("Prepare", "Evaluate")]
        places += [states[name]["Arguments"] for name in ("Train", "CreateModel")]
        return [place.get("VpcConfig") for place in places]

    # Then the jobs and the candidate are in the former's subnets and security groups
    expected = {"SecurityGroupIds": VPC["security_group_ids"], "Subnets": VPC["subnet_ids"]}
    assert configs(concrete) == [expected] * 4
    assert configs(dev) == [None] * 4


def test_everything_a_job_stores_is_encrypted_under_the_platforms_key(machine: StateMachine) -> None:
    # Given the key
    key = machine.assembly.resolve(
        "training", machine.resource.properties["DefinitionSubstitutions"]["KeyArn"]
    )
    assert ":key/" in key
    states = {name: machine.states[name]["Arguments"] for name in JOBS}
    # Then outputs are
    outputs = [states[name]["ProcessingOutputConfig"] for name in ("Prepare", "Evaluate")]
    outputs += [states["Train"]["OutputDataConfig"], states["Transform"]["TransformOutput"]]
    assert [output["KmsKeyId"] for output in outputs] == [key] * 4
    # And disks
    disks = [states[name]["ProcessingResources"]["ClusterConfig"] for name in ("Prepare", "Evaluate")]
    disks += [states["Train"]["ResourceConfig"], states["Transform"]["TransformResources"]]
    assert [disk["VolumeKmsKeyId"] for disk in disks] == [key] * 4


def test_step_functions_waits_longer_than_a_job_may_run(machine: StateMachine) -> None:
    for name in ("Prepare", "Train", "Evaluate"):
        # Given a job's own limit
        task = machine.states[name]
        limit = task["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"]
        # Then there is time for machines to start, so that it is SageMaker that says what took too long
        assert task["TimeoutSeconds"] >= limit + 15 * 60


def test_step_functions_waits_longer_than_a_function_may_run(assembly: Assembly) -> None:
    for stack, state in (("training", "ResolveRun"), ("training", "Ingest"), ("serving", "SmokePrediction")):
        # Given a function and the task that calls it
        machine = state_machine(assembly, stack)
        task = machine.states[state]
        arn = task["Arguments"]["FunctionName"]
        [function] = [
            function
            for function in assembly.resources("AWS::Lambda::Function")
            if assembly.resolve(function.stack, {"Fn::GetAtt": [function.logical_id, "Arn"]}) == arn
        ]
        # Then the task isn't over before the function is
        assert task["TimeoutSeconds"] >= function.properties["Timeout"]


def test_a_run_is_told_the_workloads_settings_and_the_executions_input(machine: StateMachine) -> None:
    # Given what the function that settles a run gets
    payload = machine.states["ResolveRun"]["Arguments"]["Payload"]
    workload = only_workload(machine.assembly)
    # Then it is the workload's settings, as text where SageMaker wants text, and the input as it came
    assert payload["overrides"] == "{% $states.input %}"
    assert payload["workload"]["name"] == workload.name
    assert payload["workload"]["hyperparameters"] == {k: str(v) for k, v in workload.hyperparameters.items()}
    assert payload["workload"]["instances"].keys() == {"training", "preparation", "evaluation", "transform"}
    assert not [text for text in texts(payload["workload"]) if text == "max_runtime_minutes"]


def test_the_label_is_taken_off_before_the_model_is_asked(machine: StateMachine) -> None:
    # Given test rows whose first column is the label
    transform = machine.states["Transform"]["Arguments"]
    # Then the model gets the columns after it, and answers a line a row
    assert transform["DataProcessing"] == {"InputFilter": "$[1:]"}
    assert transform["TransformInput"]["SplitType"] == transform["TransformOutput"]["AssembleWith"] == "Line"


def test_a_machine_is_made_after_its_code_is_in_place(machine: StateMachine) -> None:
    # Given what the machine is made after
    depends_on = set(machine.resource.body["DependsOn"])
    template = machine.assembly.template("training")["Resources"]
    types = {template[logical_id]["Type"] for logical_id in depends_on}
    # Then the workload's scripts and its model package group are among it
    assert {"Custom::CDKBucketDeployment", "AWS::SageMaker::ModelPackageGroup"} <= types


def test_registered_models_outlive_the_stack_only_where_data_is_kept(dev: Assembly, prod: Assembly) -> None:
    # Given that SageMaker deletes no group that has packages
    for assembly, kept in ((dev, False), (prod, True)):
        [group] = assembly.resources("AWS::SageMaker::ModelPackageGroup")
        [cleanup] = assembly.resources("Custom::TrainingCleanup")
        # Then the group stays, or the clean-up, which goes before it, takes its packages along
        assert (group.body.get("DeletionPolicy") == "Retain") is kept
        groups = assembly.resolve("training", cleanup.properties["ModelPackageGroups"])
        assert groups == ([] if kept else [group.properties["ModelPackageGroupName"]])
        assert group.logical_id in cleanup.body["DependsOn"]


def test_no_execution_starts_while_a_cleanup_runs(machine: StateMachine) -> None:
    # Given a stack's clean-up
    training, serving = "Custom::TrainingCleanup", "Custom::EndpointCleanup"
    for kind, name in ((training, "training"), (serving, "serving"), (serving, "batch")):
        [cleanup] = machine.assembly.resources(kind)
        # Then the state machine is made after it, so deleted before it
        assert cleanup.logical_id in state_machine(machine.assembly, name).resource.body["DependsOn"]


def test_code_is_under_prefixes_of_its_content_that_the_jobs_read(machine: StateMachine) -> None:
    # Given the deployments of the workload's scripts and of the plotting library
    deployments = machine.assembly.resources("Custom::CDKBucketDeployment")
    ours = [each.properties for each in deployments if each.stack == machine.stack]
    scripts, plotting = (
        next(each for each in ours if each["DestinationBucketKeyPrefix"].startswith(f"code/{name}/"))
        for name in (only_workload(machine.assembly).name, "_plotting")
    )
    # Then a change makes a new prefix and the old one stays for running executions
    assert len(ours) == 2
    assert scripts["Prune"] is plotting["Prune"] is False
    # And the jobs' code is read from there
    for name in ("Prepare", "Evaluate"):
        assert _input(machine, name, "code").endswith(f"/{scripts['DestinationBucketKeyPrefix']}")
    # And the evaluation can import the plotting library
    assert _input(machine, "Evaluate", "plotting").endswith(f"/{plotting['DestinationBucketKeyPrefix']}")
    assert machine.states["Evaluate"]["Arguments"]["Environment"] == {
        "PYTHONPATH": "/opt/ml/processing/input/plotting"
    }


def _input(machine: StateMachine, state: str, name: str) -> str:
    inputs = machine.states[state]["Arguments"]["ProcessingInputs"]
    return next(str(each["S3Input"]["S3Uri"]) for each in inputs if each["InputName"] == name)


def _states(workload: Workload, environment: Environment) -> dict[str, Any]:
    definition = training_definition(
        workload, environment, code_prefix="code/x/", plotting_prefix="code/_plotting/x/"
    )
    states: dict[str, Any] = definition["States"]
    return states


def _changed(workload: Workload, **changes: Any) -> Workload:
    return Workload.model_validate({**workload.model_dump(), **changes})


def test_the_environment_alone_decides_on_the_approval(dev: Assembly) -> None:
    # Given one workload in two environments that differ in the approval only
    asking = Environment.model_validate({**dev.environment.model_dump(), "approval": "manual"})
    workload = only_workload(dev)
    by_itself = _states(workload, dev.environment)
    by_person = _states(workload, asking)
    # Then they differ in exactly one state
    assert by_itself.keys() - by_person.keys() == {"Approve"}
    assert by_person.keys() - by_itself.keys() == {"NotifyApprovalNeeded"}

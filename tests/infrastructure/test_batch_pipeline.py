"""The batch state machine: which files it takes, which model predicts them, and that no model is left."""

import pytest

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.calls import Calls
from tests.infrastructure.conftest import VPC
from tests.infrastructure.state_machines import StateMachine, batch_machine, only_workload, state_machine


@pytest.fixture(scope="module")
def machine(assembly: Assembly) -> StateMachine:
    return batch_machine(assembly)


def test_a_file_outside_the_workloads_batch_prefix_is_refused(machine: StateMachine) -> None:
    # Given where the workload's files lie that may be predicted from
    data = Calls(machine).substitutions["DataBucket"]
    allowed = f"s3://{data}/uploads/{only_workload(machine.assembly).name}/batch/"
    # When the input is read, a missing one as an empty text
    assert machine.definition["StartAt"] == "ReadInput"
    assert list(machine.after("ReadInput")) == ["IsInputOurs"]
    assert machine.states["ReadInput"]["Assign"]["input_uri"].endswith(" : '' %}")
    # Then what begins so goes on, and all else is refused before anything is called
    check = machine.states["IsInputOurs"]
    condition = f"{{% $substring($input_uri, 0, $length('{allowed}')) = '{allowed}' %}}"
    assert check["Choices"] == [{"Condition": condition, "Next": "FindPackage"}]
    assert check["Default"] == "InvalidInput"
    refusal = machine.states["InvalidInput"]
    assert refusal["Assign"]["failure"]["error"] == "InvalidExecutionInput"
    assert allowed in refusal["Assign"]["failure"]["reason"]
    assert machine.reachable("InvalidInput") == {"InvalidInput", "NotifyFailure", "Failed"}


def test_the_newest_approved_package_of_the_group_predicts(machine: StateMachine) -> None:
    # Given the search for a model
    group = machine.assembly.environment.resource_name(only_workload(machine.assembly).slug)
    assert machine.states["FindPackage"]["Arguments"] == {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    # Then what it found is the model
    model = machine.states["CreateModel"]["Arguments"]
    assert model["PrimaryContainer"] == {"ModelPackageName": "{% $packages[0] %}"}
    assert model["EnableNetworkIsolation"] is True
    # And the one that the execution tells of at its end
    assert machine.states["Predicted"]["Output"]["model_package_arn"] == "{% $packages[0] %}"


def test_without_an_approved_package_nothing_is_made(machine: StateMachine) -> None:
    # Given the choice after the search
    choice = machine.states["IsThereAPackage"]
    assert choice["Choices"] == [{"Condition": "{% $count($packages) > 0 %}", "Next": "CreateModel"}]
    # Then where nothing was found the execution fails and says so
    assert choice["Default"] == "NoApprovedModel"
    assert machine.states["NoApprovedModel"]["Assign"]["failure"]["error"] == "NoApprovedModel"
    assert machine.reachable("NoApprovedModel") == {"NoApprovedModel", "NotifyFailure", "Failed"}


def test_the_model_is_deleted_however_the_transform_ends(machine: StateMachine) -> None:
    # Given the states that delete the model that was made
    made = machine.states["CreateModel"]["Arguments"]["ModelName"]
    deleting = {
        name for name, task in machine.tasks.items() if task["Resource"].endswith("sagemaker:deleteModel")
    }
    assert all(machine.states[name]["Arguments"] == {"ModelName": made} for name in deleting)
    # Then none of the ways from its creation leads to an end without one of them
    [following] = machine.after_success("CreateModel")
    ends = {name for name, state in machine.states.items() if state["Type"] in {"Succeed", "Fail"}}
    assert not machine.reachable(following, without=frozenset(deleting)) & ends
    # And a failed transform stays the failure that is told, whether or not the deletion succeeds
    assert list(machine.after_failure("Transform")) == ["DeleteModelOfFailure"]
    assert set(machine.after("DeleteModelOfFailure")) == {"NotifyFailure"}
    assert not [c for c in machine.states["DeleteModelOfFailure"]["Catch"] if "Assign" in c]


def test_records_are_joined_to_their_predictions_where_the_input_says_so(machine: StateMachine) -> None:
    job = machine.states["Transform"]["Arguments"]
    given = "$states.context.Execution.Input.join"
    expected = f"{{% $exists({given}) and {given} = true ? 'Input' : 'None' %}}"
    assert job["DataProcessing"] == {"JoinSource": expected}
    # Which SageMaker does only for records that are split and put together by line
    assert job["TransformInput"]["SplitType"] == job["TransformOutput"]["AssembleWith"] == "Line"


def test_records_go_in_batches_as_large_as_the_settings_say(machine: StateMachine) -> None:
    # Given the workload's settings
    workload = only_workload(machine.assembly)
    job = machine.states["Transform"]["Arguments"]
    # Then the job has them
    assert job["BatchStrategy"] == "MultiRecord"
    assert job["MaxPayloadInMB"] == workload.transform.max_payload_mb
    assert job["MaxConcurrentTransforms"] == workload.transform.max_concurrency
    assert job["TransformResources"]["InstanceType"] == workload.transform.instance_type
    assert job["TransformResources"]["InstanceCount"] == workload.transform.instance_count
    assert job["TransformInput"]["ContentType"] == workload.inference.content_type
    assert job["TransformOutput"]["Accept"] == workload.inference.accept
    # And all that is sent at once is no more than SageMaker takes
    assert job["MaxPayloadInMB"] * job["MaxConcurrentTransforms"] <= 100


def test_predictions_and_disks_are_encrypted_with_the_platforms_key(machine: StateMachine) -> None:
    calls = Calls(machine)
    job = machine.states["Transform"]["Arguments"]
    assert job["TransformOutput"]["KmsKeyId"] == calls.key_arn
    assert job["TransformResources"]["VolumeKmsKeyId"] == calls.key_arn


def test_predictions_of_an_execution_have_a_prefix_of_their_own(machine: StateMachine) -> None:
    # Given where the predictions go
    calls = Calls(machine)
    output = calls.text(machine.states["Transform"]["Arguments"]["TransformOutput"]["S3OutputPath"])
    # Then it is below the workload's prefix of the artifacts, by the execution's digits
    artifacts = calls.substitutions["ArtifactsBucket"]
    name = only_workload(machine.assembly).name
    assert output == f"s3://{artifacts}/batch/{name}/0123456789ab"
    assert (
        "$hash($states.context.Execution.Id, 'SHA-256'), 0, 12"
        in machine.states["ReadInput"]["Assign"]["name"]
    )


def test_the_model_is_in_the_vpc_where_the_environment_has_one(dev: Assembly, concrete: Assembly) -> None:
    expected = {"SecurityGroupIds": VPC["security_group_ids"], "Subnets": VPC["subnet_ids"]}
    assert batch_machine(concrete).states["CreateModel"]["Arguments"]["VpcConfig"] == expected
    assert "VpcConfig" not in batch_machine(dev).states["CreateModel"]["Arguments"]


def test_step_functions_waits_longer_than_the_transform_of_a_training_run(machine: StateMachine) -> None:
    # Given the transform that a training run has
    training = state_machine(machine.assembly, "training").states["Transform"]
    # Then a whole file has as long at least, and the execution longer
    assert machine.states["Transform"]["TimeoutSeconds"] >= training["TimeoutSeconds"]
    assert machine.definition["TimeoutSeconds"] > machine.states["Transform"]["TimeoutSeconds"]

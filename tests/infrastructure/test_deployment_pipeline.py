"""The deployment state machine: what starts it, what it makes, and that failing it leaves nothing behind."""

import pytest

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.conftest import VPC
from tests.infrastructure.state_machines import StateMachine, only_workload, state_machine

# Where it isn't known which configuration serves, none is deleted.
UNCERTAIN = frozenset({"LookBeforeRestore", "Restore", "DescribeRestored", "IsBack"})
# Once the new model is recorded it stays, whatever fails then.
SERVING = frozenset({"ForgetKept", "RegisterScaling", "TrackInvocations"})


@pytest.fixture(scope="module")
def machine(assembly: Assembly) -> StateMachine:
    return state_machine(assembly, "serving")


def _before(machine: StateMachine, name: str) -> set[str]:
    return {state for state in machine.states if name in machine.after(state)}


def test_an_approval_starts_the_deployment_of_its_group(assembly: Assembly) -> None:
    # Given the rules of the serving stack
    [rule] = assembly.resources("AWS::Events::Rule")
    workload = only_workload(assembly)
    # Then one hears of approved packages of the workload's group
    assert rule.properties["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [f"{assembly.environment.prefix}-{workload.slug}"],
            "ModelApprovalStatus": ["Approved"],
        },
    }
    assert rule.properties["State"] == "ENABLED"
    # And starts the deployment machine with the event
    [target] = rule.properties["Targets"]
    machine = state_machine(assembly, "serving")
    arn = assembly.resolve("serving", {"Fn::GetAtt": [machine.resource.logical_id, "Arn"]})
    assert assembly.resolve("serving", target["Arn"]) == arn
    assert not target.keys() & {"Input", "InputPath", "InputTransformer"}


def test_serverless_settings_make_a_serverless_variant(dev: Assembly) -> None:
    # Given dev, whose workload is served without instances
    states = state_machine(dev, "serving").states
    config = states["CreateEndpointConfig"]["Arguments"]
    # Then the variant has memory and concurrency, and nothing of instances
    [variant] = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert not variant.keys() & {"InstanceType", "InitialInstanceCount"}
    # And no key for disks that aren't there, nor an isolation that SageMaker refuses
    assert "KmsKeyId" not in config
    assert states["CreateModel"]["Arguments"]["EnableNetworkIsolation"] is False
    assert "VpcConfig" not in states["CreateModel"]["Arguments"]


def test_real_time_settings_make_a_variant_on_encrypted_instances(prod: Assembly) -> None:
    # Given prod, whose workload is served on instances
    machine = state_machine(prod, "serving")
    config = machine.states["CreateEndpointConfig"]["Arguments"]
    # Then the variant has them
    [variant] = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 2)
    assert "ServerlessConfig" not in variant
    # And their disks are encrypted, their containers isolated
    assert ":key/" in config["KmsKeyId"]
    assert machine.states["CreateModel"]["Arguments"]["EnableNetworkIsolation"] is True


def test_a_model_is_served_in_the_vpc_where_the_environment_has_one(concrete: Assembly) -> None:
    model = state_machine(concrete, "serving").states["CreateModel"]["Arguments"]
    expected = {"SecurityGroupIds": VPC["security_group_ids"], "Subnets": VPC["subnet_ids"]}
    assert model["VpcConfig"] == expected


def test_what_is_deployed_is_the_package_with_the_name_of_this_execution(machine: StateMachine) -> None:
    # Given the model that is made
    model = machine.states["CreateModel"]["Arguments"]
    # Then its artifacts and image are the registered package's
    assert model["PrimaryContainer"] == {"ModelPackageName": "{% $package.arn %}"}
    # And model and configuration have one name, the endpoint's with 12 digits of the execution's hash
    assert model["ModelName"] == machine.states["CreateEndpointConfig"]["Arguments"]["EndpointConfigName"]
    name = machine.states["DescribePackage"]["Assign"]["name"]
    assert "$hash($states.context.Execution.Id, 'SHA-256'), 0, 12" in name


def test_deployments_take_turns_in_the_order_of_their_starts(machine: StateMachine) -> None:
    # Given where an execution starts
    assert machine.definition["StartAt"] == "WaitForTurn"
    assert machine.states["WaitForTurn"]["Next"] == "ListDeployments"
    # When it looks at the running executions of its own machine
    listed = machine.states["ListDeployments"]
    assert listed["Arguments"]["StateMachineArn"] == "{% $states.context.StateMachine.Id %}"
    assert listed["Arguments"]["StatusFilter"] == "RUNNING"
    # Then it goes on if it is the last of the list, which is the oldest, and else looks again
    [first] = machine.states["IsMyTurn"]["Choices"]
    assert "Executions[-1].ExecutionArn" in listed["Assign"]["oldest"]
    assert first["Condition"] == "{% $oldest = $states.context.Execution.Id %}"
    assert machine.states["IsMyTurn"]["Default"] == "WaitForTurn"
    # And there is no other way to anything that changes an endpoint
    assert first["Next"] == "ReadSwitch"
    assert _before(machine, "ReadSwitch") == {"IsMyTurn"}
    assert _before(machine, "WhatIsAsked") == {"ReadSwitch"}
    assert _before(machine, "DescribePackage") == {"WhatIsAsked"}


def test_only_an_approved_package_of_the_group_is_deployed(machine: StateMachine) -> None:
    # Given the check after the package is described
    [approved] = machine.states["IsApproved"]["Choices"]
    assert approved["Next"] == "CreateLogGroup"
    assert "$package.status = 'Approved'" in approved["Condition"]
    assert "$package.group = '" in approved["Condition"]
    # When it doesn't hold
    # Then nothing is made, and the failure is told
    refused = machine.reachable(machine.states["IsApproved"]["Default"])
    assert refused == {"NotApproved", "NotifyFailure", "Failed"}


def test_the_endpoints_log_group_is_encrypted_and_ends(machine: StateMachine) -> None:
    # Given the states before anything of SageMaker's is made
    made, kept = machine.states["CreateLogGroup"], machine.states["SetLogRetention"]
    # Then the endpoint's own log group gets the key and the environment's retention
    assert made["Arguments"]["LogGroupName"] == kept["Arguments"]["LogGroupName"]
    assert made["Arguments"]["LogGroupName"].startswith("/aws/sagemaker/Endpoints/")
    assert "KmsKeyId" in made["Arguments"]
    assert kept["Arguments"]["RetentionInDays"] in (14, 365)
    # And one that is there already is no failure
    assert made["Catch"][0] == {
        "ErrorEquals": ["CloudWatchLogs.ResourceAlreadyExistsException"],
        "Next": "SetLogRetention",
    }
    assert _before(machine, "SetLogRetention") == {"CreateLogGroup"}
    assert _before(machine, "CreateModel") == {"SetLogRetention"}


@pytest.mark.parametrize(
    ("made_by", "deleted_by"),
    [("CreateModel", "DeleteNewModel"), ("CreateEndpointConfig", "DeleteNewConfig")],
)
def test_every_failure_deletes_what_this_execution_made(
    machine: StateMachine, made_by: str, deleted_by: str
) -> None:
    # Given that something was made
    [following] = machine.after_success(made_by)
    # When all ways on are followed but those that delete it, those that don't know what serves, and those
    # after which it serves
    ways = machine.reachable(following, without=UNCERTAIN | SERVING | {"IsKept", "ServesAnother", deleted_by})
    # Then none of them is a failure's
    assert not ways & {"NotifyFailure", "Failed"}
    # And it is only kept where it is what a switched off endpoint is to serve again
    [kept] = machine.states["IsKept"]["Choices"]
    assert kept == {"Condition": "{% $exists($kept.config) %}", "Next": "NotifyFailure"}
    assert machine.states["IsKept"]["Default"] == "DeleteNewConfig"
    assert "DeleteNewModel" in machine.after("DeleteNewConfig")


def test_a_new_endpoint_that_fails_is_deleted_and_an_older_one_put_back(machine: StateMachine) -> None:
    for creation in ("CreateEndpoint", "UpdateEndpoint"):
        # Given that the endpoint was created or updated
        [following] = machine.after_success(creation)
        # When the ways on are followed as far as the question which of both it was
        ways = machine.reachable(following, without=SERVING | {"IsCreated"})
        # Then no failure gets past it
        assert not ways & {"NotifyFailure", "Failed", "DeleteNewConfig", "DeleteNewModel"}
    # And a created endpoint is deleted, while an updated one is looked at
    [created] = machine.states["IsCreated"]["Choices"]
    assert created["Condition"] == "{% $previous_config = '' %}"
    assert created["Next"] == "DeleteNewEndpoint"
    assert machine.states["IsCreated"]["Default"] == "LookBeforeRestore"


def test_a_restored_endpoint_gets_its_previous_configuration(machine: StateMachine) -> None:
    # Given the way back
    restore = machine.states["Restore"]
    # Then the endpoint is updated to what it served, unless SageMaker did so by itself
    assert restore["Resource"].endswith("updateEndpoint")
    assert restore["Arguments"]["EndpointConfigName"] == "{% $previous_config %}"
    [restored] = machine.states["IsRestored"]["Choices"]
    assert restored == {"Condition": "{% $serving_config = $previous_config %}", "Next": "IsKept"}
    # And the new configuration goes only after the endpoint has let go of it
    assert _before(machine, "DeleteNewConfig") == {"IsKept"}
    assert _before(machine, "IsKept") & UNCERTAIN == {"IsBack"}
    conditions = {c["Next"]: c["Condition"] for c in machine.states["IsBack"]["Choices"]}
    assert conditions["IsKept"] == "{% $serving_config = $previous_config %}"
    assert machine.states["IsBack"]["Default"] == "NotifyFailure"


def test_nothing_older_is_deleted_before_the_new_model_has_answered_and_is_recorded(
    machine: StateMachine,
) -> None:
    # Given the deletion of what served before
    # Then the only way there is: it serves, it answered its sample, it is recorded
    assert _before(machine, "DeletePreviousConfig") == {"HasPrevious"}
    assert _before(machine, "HasPrevious") == {"WasOff", "ForgetKept"}
    assert _before(machine, "ForgetKept") == {"WasOff"}
    assert _before(machine, "WasOff") == {"Record"}
    assert _before(machine, "Record") == {"SmokePrediction"}
    assert _before(machine, "SmokePrediction") == {"IsServing"}
    serving = next(c for c in machine.states["IsServing"]["Choices"] if c["Next"] == "SmokePrediction")
    assert serving["Condition"] == "{% $status = 'InService' and $serving_config = $name %}"
    # And what a failing execution deletes is only ever its own
    for name, field in (("DeleteNewConfig", "EndpointConfigName"), ("DeleteNewModel", "ModelName")):
        assert machine.states[name]["Arguments"] == {field: "{% $name %}"}


def test_a_failing_deletion_of_a_leftover_does_not_hide_the_failure(machine: StateMachine) -> None:
    for name in machine.states:
        if name.startswith("Delete") and name != "DeleteFailedEndpoint":
            # Given the deletion of a leftover
            # Then the execution goes on the same way whether it succeeds or not
            assert list(machine.after_success(name)) == list(machine.after_failure(name)), name
            assert "Assign" not in machine.states[name]["Catch"][0]


def test_a_superseded_deployment_changes_nothing_and_cleans_up(machine: StateMachine) -> None:
    # Given a deployment that finds a later approval on the endpoint
    [superseded] = machine.states["IsSuperseded"]["Choices"]
    assert superseded["Condition"] == "{% $toMillis($recorded_at) > $toMillis($approved_at) %}"
    # Then it deletes its configuration and model, and ends
    ways = machine.reachable(superseded["Next"])
    assert ways == {"DeleteSupersededConfig", "DeleteSupersededModel", "Superseded"}


def test_an_update_whose_answer_was_lost_is_recognized_as_its_own(machine: StateMachine) -> None:
    # Given an endpoint that already has this execution's configuration
    own = machine.states["IsOwn"]["Choices"][0]
    # Then it is watched, and what served before is not overwritten by it
    assert own == {"Condition": "{% $serving_config = $name %}", "Next": "DescribeEndpoint"}
    assert "previous_config" not in machine.states["DescribePrevious"]["Assign"]


def test_waiting_has_an_end(machine: StateMachine) -> None:
    # Given the choices that go back to a wait
    for name, state in machine.states.items():
        for choice in state.get("Choices", ()):
            if choice["Next"].startswith("Wait"):
                # Then they count
                assert "$looks < " in choice["Condition"] or "$conflicts < " in choice["Condition"], name


def test_names_are_the_ones_that_others_rely_on(assembly: Assembly) -> None:
    # Given the endpoint that the machine changes
    machine = state_machine(assembly, "serving")
    name = f"{assembly.environment.prefix}-{only_workload(assembly).slug}"
    assert machine.states["CreateEndpoint"]["Arguments"]["EndpointName"] == name
    # Then the recommendation function asks the same one
    [function] = [
        f
        for f in assembly.resources("AWS::Lambda::Function")
        if f.properties["Handler"] == "recommend.handler.handler"
    ]
    assert function.properties["Environment"]["Variables"]["ENDPOINT_NAME"] == name


def test_an_update_of_instances_shifts_by_a_canary_and_goes_back_by_the_endpoints_own_alarms(
    prod: Assembly,
) -> None:
    # Given prod, whose workload is served on instances that scale
    machine = state_machine(prod, "serving")
    update = machine.states["UpdateEndpoint"]["Arguments"]
    # Then the settings say how the traffic shifts
    assert update["DeploymentConfig"]["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
        "TerminationWaitInSeconds": 0,
        "MaximumExecutionTimeoutInSeconds": 3600,
    }
    # And what the load has brought is kept, on the way back too
    for state in ("UpdateEndpoint", "Restore"):
        assert machine.states[state]["Arguments"]["RetainAllVariantProperties"] is True
    # And the alarms are of this endpoint's variant, tell the topic, and find nothing wrong with silence
    alarms = {
        prod.resolve("serving", {"Ref": alarm.logical_id}): alarm.properties
        for alarm in prod.resources("AWS::CloudWatch::Alarm")
        if alarm.stack == "serving"
    }
    named = [each["AlarmName"] for each in update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]]
    assert len(named) == len(alarms) == 2
    assert {alarms[name]["MetricName"]: alarms[name]["Threshold"] for name in named} == {
        "Invocation5XXErrors": 0.05,
        "ModelLatency": 2_000_000,  # microseconds
    }
    endpoint = f"{prod.environment.prefix}-{only_workload(prod).slug}"
    for name in named:
        dimensions = {each["Name"]: each["Value"] for each in alarms[name]["Dimensions"]}
        assert dimensions == {"EndpointName": endpoint, "VariantName": "AllTraffic"}
        assert alarms[name]["TreatMissingData"] == "notBreaching"
        assert len(alarms[name]["AlarmActions"]) == 1
        assert "AlarmName" not in alarms[name]


def test_a_rollback_by_alarm_is_told_apart_and_its_package_rejected(prod: Assembly) -> None:
    # Given an update that didn't come into service
    machine = state_machine(prod, "serving")
    assert machine.states["IsServing"]["Default"] == "LookAtAlarms"
    # Then it was an alarm where one rings and the older configuration serves
    [rung] = machine.states["HasRung"]["Choices"]
    assert "$count($rang) > 0" in rung["Condition"]
    assert "$serving_config = $previous_config" in rung["Condition"]
    assert machine.states["HasRung"]["Default"] == "EndpointRefused"
    failure = machine.states["RolledBack"]["Assign"]["failure"]
    assert failure["error"] == "RolledBackByAlarm"
    assert "$join($rang, ', ')" in failure["reason"]
    # And a model that rang or answered wrongly is rejected, so that nothing takes it for the newest approved
    [at_fault] = machine.states["IsModelAtFault"]["Choices"]
    assert at_fault["Condition"] == "{% $failure.error in ['RolledBackByAlarm', 'SmokePredictionFailed'] %}"
    rejected = machine.states["RejectPackage"]["Arguments"]
    assert (rejected["ModelPackageArn"], rejected["ModelApprovalStatus"]) == (
        "{% $package.arn %}",
        "Rejected",
    )


def test_serverless_updates_and_instances_without_alarms_are_not_watched(dev: Assembly) -> None:
    # Given dev, whose workload is served without instances
    machine = state_machine(dev, "serving")
    # Then its update says nothing of traffic, which SageMaker would refuse
    assert machine.states["UpdateEndpoint"]["Arguments"].keys() == {"EndpointName", "EndpointConfigName"}
    assert machine.states["IsServing"]["Default"] == "EndpointRefused"
    assert not [alarm for alarm in dev.resources("AWS::CloudWatch::Alarm") if alarm.stack == "serving"]


def test_instances_scale_by_requests_and_the_scaling_is_off_while_they_are_changed(prod: Assembly) -> None:
    # Given prod, whose workload scales
    machine = state_machine(prod, "serving")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{prod.environment.prefix}-{only_workload(prod).slug}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    # Then every update and switching off comes after the scaling was taken off
    assert _before(machine, "UpdateEndpoint") == {"StopScaling"}
    assert _before(machine, "SwitchOff") == {"StopScalingForGood"}
    assert machine.states["StopScaling"]["Arguments"] == target
    # And it is put on once the new model serves, and when the older one does again
    for register, track in (("RegisterScaling", "TrackInvocations"), ("ScaleAgain", "TrackAgain")):
        assert machine.states[register]["Arguments"] == {**target, "MinCapacity": 2, "MaxCapacity": 4}
        policy = machine.states[track]["Arguments"]
        assert policy["TargetTrackingScalingPolicyConfiguration"] == {
            "TargetValue": 3000.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
        }
    assert _before(machine, "Deployed") == {"TrackInvocations"}
    assert "ScaleAgain" in machine.after("DeleteNewModel")


def test_a_missing_scaling_is_no_failure(machine: StateMachine) -> None:
    for state, following in (("StopScaling", "UpdateEndpoint"), ("StopScalingForGood", "SwitchOff")):
        missing = machine.states[state]["Catch"][0]
        assert missing == {
            "ErrorEquals": ["ApplicationAutoScaling.ObjectNotFoundException"],
            "Next": following,
        }


def test_switching_off_keeps_what_served_before_it_deletes_the_endpoint_and_nothing_else(
    machine: StateMachine,
) -> None:
    # Given the way from the question whether it is to be off
    asked = {choice["Condition"]: choice["Next"] for choice in machine.states["WhatIsAsked"]["Choices"]}
    ways = machine.reachable(asked["{% $switch = 'off' %}"])
    # Then the endpoint is all that is deleted, after what it served was written down
    called = {name: machine.states[name].get("Resource", "").rpartition(":")[2] for name in ways}
    assert {name for name, action in called.items() if "delete" in action} == {"SwitchOff", "StayOn"}
    without = machine.reachable(asked["{% $switch = 'off' %}"], without=frozenset({"KeepServed"}))
    assert "SwitchOff" not in without
    kept = machine.states["KeepServed"]["Arguments"]["Value"]
    for part in ("$serving_config", "$package", "$approved_at"):
        assert part in kept
    # And one that can't be deleted isn't taken for off
    assert "StayOn" in machine.after("SwitchOff")
    assert machine.states["StayOn"]["Resource"].endswith("deleteParameter")


def test_an_approval_deploys_nothing_while_the_endpoint_is_off(machine: StateMachine) -> None:
    # Given what is asked, in the order of the questions
    choices = machine.states["WhatIsAsked"]["Choices"]
    assert choices[-1] == {"Condition": "{% $exists($kept.config) %}", "Next": "StaysOff"}
    # Then a deployment ends there, saying so
    assert machine.states["StaysOff"]["Type"] == "Succeed"
    assert machine.states["StaysOff"]["Output"]["outcome"] == "SwitchedOff"
    # And what was kept is brought back by the same road, smoke prediction included
    assert machine.states["DescribeKept"]["Assign"]["name"] == "{% $kept.config %}"
    assert machine.states["DescribeKept"]["Next"] == "FindEndpoint"


def test_the_switch_is_a_parameter_that_no_stack_owns_and_the_clean_up_knows(assembly: Assembly) -> None:
    # Given the parameter that deployments read
    name = f"/{assembly.environment.prefix}/switched-off/{only_workload(assembly).slug}"
    states = state_machine(assembly, "serving").states
    assert states["ReadSwitch"]["Arguments"] == {"Names": [name]}
    assert states["KeepServed"]["Arguments"]["Name"] == name
    # Then an update of the stack can't set it back
    assert not [one for one in assembly.resources("AWS::SSM::Parameter") if one.stack == "serving"]
    # And it goes with the stack
    [cleanup] = assembly.resources("Custom::EndpointCleanup")
    assert cleanup.properties["SwitchParameter"] == name

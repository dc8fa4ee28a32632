"""States after a deployment that failed: the endpoint goes back to what it served, what was made is deleted,
and a model that was at fault is rejected."""

from settings.workload import Workload
from stacks.constructs.endpoint_states import (
    ENDPOINT,
    LOOK_EVERY_SECONDS,
    delete_leftover,
    most_looks,
    still_changing,
)
from stacks.constructs.rollback_states import ROLLED_BACK, retained
from stacks.constructs.scaling_states import register_scaling, track_invocations
from stacks.constructs.states import State, call_sagemaker, choose, expression, wait
from stacks.constructs.switch_states import IS_OFF

_FAULTS_OF_THE_MODEL = [ROLLED_BACK, "SmokePredictionFailed"]


def restoring_states(workload: Workload) -> dict[str, State]:
    """Begins with `IsCreated` once the endpoint was created or updated, with `IsKept` before.

    A failure in here never hides the one that is told.
    """
    return _putting_back_states(workload) | _discarding_states(workload) | _rejecting_states()


def _putting_back_states(workload: Workload) -> dict[str, State]:
    serving = workload.serving
    scales = serving.type == "real_time" and serving.auto_scaling is not None
    return {
        "IsCreated": choose("$previous_config = ''", "DeleteNewEndpoint", "LookBeforeRestore"),
        "DeleteNewEndpoint": delete_leftover("deleteEndpoint", "EndpointName", "'${EndpointName}'", "IsKept"),
        # A failed update goes back to the previous configuration by itself.
        "LookBeforeRestore": call_sagemaker(
            "describeEndpoint",
            ENDPOINT,
            assign=what_serves() | {"looks": 0},
            catching=_silently("NotifyFailure"),
            following="IsRestored",
        ),
        "IsRestored": choose("$serving_config = $previous_config", "IsKept", "Restore"),
        "Restore": call_sagemaker(
            "updateEndpoint",
            {
                **ENDPOINT,
                "EndpointConfigName": expression("$previous_config"),
                **(retained() if scales else {}),
            },
            catching=_silently("NotifyFailure"),
            following="WaitForRestore",
        ),
        "WaitForRestore": wait(LOOK_EVERY_SECONDS, "DescribeRestored"),
        "DescribeRestored": call_sagemaker(
            "describeEndpoint",
            ENDPOINT,
            assign=what_serves(),
            catching=_silently("NotifyFailure"),
            following="IsBack",
        ),
        # What may still serve is left to the clean-up of the stack.
        "IsBack": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression(still_changing(most_looks(workload))), "Next": "WaitForRestore"},
                {"Condition": expression("$serving_config = $previous_config"), "Next": "IsKept"},
            ],
            "Default": "NotifyFailure",
        },
    }


def _discarding_states(workload: Workload) -> dict[str, State]:
    serving = workload.serving
    scaling = serving.auto_scaling if serving.type == "real_time" else None
    following = "ScaleAgain" if scaling else "IsModelAtFault"
    again = (
        {
            "ScaleAgain": register_scaling(scaling, _silently("IsModelAtFault"), "TrackAgain"),
            "TrackAgain": track_invocations(scaling, _silently("IsModelAtFault"), "IsModelAtFault"),
        }
        if scaling
        else {}
    )
    return {
        # What a switched off endpoint is to serve again isn't this execution's to delete.
        "IsKept": choose(IS_OFF, "NotifyFailure", "DeleteNewConfig"),
        "DeleteNewConfig": delete_leftover(
            "deleteEndpointConfig", "EndpointConfigName", "$name", "DeleteNewModel"
        ),
        "DeleteNewModel": delete_leftover("deleteModel", "ModelName", "$name", following),
        **again,
    }


def _rejecting_states() -> dict[str, State]:
    return {
        "IsModelAtFault": choose(
            f"$failure.error in {_FAULTS_OF_THE_MODEL}", "RejectPackage", "NotifyFailure"
        ),
        "RejectPackage": call_sagemaker(
            "updateModelPackage",
            {
                "ModelPackageArn": expression("$package.arn"),
                "ModelApprovalStatus": "Rejected",
                "ApprovalDescription": expression(
                    "$substring('Deployment failed (' & $failure.error & '): ' & $failure.reason, 0, 1024)"
                ),
            },
            catching=_silently("NotifyFailure"),
            following="NotifyFailure",
        ),
    }


def what_serves() -> dict[str, str]:
    """What `describeEndpoint` tells, as variables."""
    return {
        "status": expression("$states.result.EndpointStatus"),
        "serving_config": expression(
            "$exists($states.result.EndpointConfigName) ? $states.result.EndpointConfigName : 'none'"
        ),
        "reason": expression(
            "$exists($states.result.FailureReason) ? $states.result.FailureReason : 'no reason given'"
        ),
        "looks": expression("$looks + 1"),
    }


def _silently(following: str) -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "Next": following}]

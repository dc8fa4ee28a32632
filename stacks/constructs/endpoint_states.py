"""States that look at a workload's endpoint, wait for it, and delete what is left over."""

from settings.workload import Workload
from stacks.constructs.arns import endpoint_log_group
from stacks.constructs.states import State, call_sagemaker, expression

LOOK_EVERY_SECONDS = 15
ENDPOINT = {"EndpointName": "${EndpointName}"}
ENDPOINT_LOG_GROUP = endpoint_log_group("${EndpointName}")
ENDPOINT_LOOK = f"'the endpoint ${{EndpointName}}, log group {ENDPOINT_LOG_GROUP}'"
"""Where to look when something about the endpoint failed."""

_CHANGING = "['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting']"
_HOUR_OF_LOOKS = 240  # SageMaker gives up on an endpoint before that


def most_looks(workload: Workload) -> int:
    """How often the endpoint is looked at before it is given up: an hour, and what an update may take."""
    serving = workload.serving
    seconds = serving.update.timeout_seconds if serving.type == "real_time" else 0
    return _HOUR_OF_LOOKS + seconds // LOOK_EVERY_SECONDS


def still_changing(looks: int) -> str:
    """Whether it is worth to look again, in JSONata."""
    return f"$status in {_CHANGING} and $looks < {looks}"


def find_endpoint(catching: list[State], following: str, *, counting: bool = True) -> State:
    """Put the endpoint's status into `$status`: `Absent` where there is none.

    `counting` adds one to `$looks`, which must be there. A list instead of a describe: a missing endpoint
    is an empty list, not an error to interpret.
    """
    mine = "$states.result.Endpoints[EndpointName = '${EndpointName}']"
    return call_sagemaker(
        "listEndpoints",
        {"NameContains": "${EndpointName}", "MaxResults": 100},
        assign={
            "status": expression(f"$count({mine}) = 0 ? 'Absent' : {mine}.EndpointStatus"),
            **({"looks": expression("$looks + 1")} if counting else {}),
        },
        catching=catching,
        following=following,
    )


def delete_leftover(action: str, field: str, name: str, following: str) -> State:
    """Delete a leftover; one that can't be deleted waits for the clean-up of the stack."""
    catching = [{"ErrorEquals": ["States.ALL"], "Next": following}]
    return call_sagemaker(action, {field: expression(name)}, catching=catching, following=following)

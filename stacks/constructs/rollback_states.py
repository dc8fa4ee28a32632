"""An update of instances that goes back by itself when an alarm goes off, and what is said of it then."""

from typing import Any

from settings.serving import RealTime
from stacks.constructs.states import API_CALL_SECONDS, State, choose, expression, fail_with, task

CLOUDWATCH_ERRORS = ["CloudWatch.CloudWatchException", "CloudWatch.SdkClientException"]
ROLLED_BACK = "RolledBackByAlarm"
ALARMS = ("ServerErrorAlarm", "LatencyAlarm")
"""The substitutions that hold the alarms' names."""

_TRAFFIC = {"all_at_once": "ALL_AT_ONCE", "canary": "CANARY", "linear": "LINEAR"}
_SIZES = {"canary": "CanarySize", "linear": "LinearStepSize"}


def update_options(serving: RealTime) -> dict[str, Any]:
    """What UpdateEndpoint is told besides the new configuration.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
    """
    update = serving.update
    routing: dict[str, Any] = {
        "Type": _TRAFFIC[update.traffic],
        "WaitIntervalInSeconds": update.wait_seconds,
    }
    if update.step_percent is not None:
        routing[_SIZES[update.traffic]] = {"Type": "CAPACITY_PERCENT", "Value": update.step_percent}
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": update.termination_wait_seconds,
            "MaximumExecutionTimeoutInSeconds": update.timeout_seconds,
        }
    }
    if update.alarms:
        names = [{"AlarmName": "${" + name + "}"} for name in ALARMS]
        config["AutoRollbackConfiguration"] = {"Alarms": names}
    return {"DeploymentConfig": config, **(retained() if serving.auto_scaling else {})}


def retained() -> dict[str, Any]:
    """Have an update keep the instances that the load has brought."""
    return {
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}],
    }


def rollback_states(look: str, *, otherwise: str, following: str) -> dict[str, State]:
    """After an update that didn't come into service, `LookAtAlarms`: was it an alarm?

    `otherwise` is the state for an update that failed by itself.
    """
    rang = "$states.result.MetricAlarms[StateValue = 'ALARM' or $contains($reason, AlarmName)].AlarmName"
    return {
        "LookAtAlarms": task(
            "aws-sdk:cloudwatch:describeAlarms",
            {"AlarmNames": ["${" + name + "}" for name in ALARMS]},
            timeout_seconds=API_CALL_SECONDS,
            errors=CLOUDWATCH_ERRORS,
            assign={"rang": expression(f"[{rang}]")},
            catching=[{"ErrorEquals": ["States.ALL"], "Next": otherwise}],
            following="HasRung",
        ),
        "HasRung": choose(
            "$count($rang) > 0 and $status = 'InService' and $previous_config != ''"
            " and $serving_config = $previous_config",
            "RolledBack",
            otherwise,
        ),
        "RolledBack": fail_with(
            "UpdateEndpoint",
            ROLLED_BACK,
            "'SageMaker put the older model back, which serves on, because of ' & $join($rang, ', ')"
            " & ': ' & $reason",
            look=look,
            following=following,
        ),
    }

"""Endpoints: from a configuration to servers that answer, and from one configuration to the next without a
gap."""

import logging
from collections.abc import Callable
from typing import Any

from ministack.core.concurrency import spawn_background

from local_aws.sagemaker import events, listing, model, store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.hosting import deployments
from local_aws.sagemaker.hosting.deployments import Deployment
from local_aws.sagemaker.hosting.rollouts import AT_ONCE, RolledBackError, Rollout
from local_aws.sagemaker.hosting.servers import ServerFailedError
from local_aws.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG
from local_aws.sagemaker.rules import rollouts as rules
from local_aws.sagemaker.store import Record

logger = logging.getLogger(__name__)

_STEADY = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
_REASON_LIMIT = 1024

_live: dict[str, Deployment] = {}
_rollouts: dict[str, Rollout] = {}
"""By the endpoint's ARN, as what serves: the updates under way."""

updating: list[Callable[[str, dict[str, Any], dict[str, Any]], None]] = []
"""Called with an endpoint's name, the plans that serve and are to come; what raises refuses it."""
deleting: list[Callable[[str], None]] = []
"""Called with the name of an endpoint that is being deleted."""


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateEndpoint."""
    name = params["EndpointName"]
    if store.find(ENDPOINT, name) is not None:
        raise ENDPOINT.already_exists(name)
    config = store.get(ENDPOINT_CONFIG, params["EndpointConfigName"])
    fields = {
        "EndpointConfigName": config["EndpointConfigName"],
        "EndpointStatus": "Creating",
        "Tags": params.get("Tags"),
        **_described(config),
    }
    record = store.create(ENDPOINT, name, fields)
    events.state_changed(ENDPOINT, record)
    _in_background(_create, record, deployments.plan(config))
    return {"EndpointArn": record["EndpointArn"]}


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateEndpoint."""
    record = steady(params["EndpointName"])
    if record["EndpointStatus"] == "Failed":
        raise validation_error(
            f'Cannot update endpoint "{record["EndpointArn"]}" in status Failed; delete it.'
        )
    config = store.get(ENDPOINT_CONFIG, params["EndpointConfigName"])
    serving = record["_deployment"]
    plan = deployments.plan(config)
    retained = _retained(params)
    deployments.retain(plan, serving, retained)
    how = params.get("DeploymentConfig", {})
    if params.get("RetainDeploymentConfig"):
        how = record.get("LastDeploymentConfig", how)
    for check in updating:
        check(record["EndpointName"], serving, plan)
    if how:
        rules.check_deployment_config(how, plan, serving)
    described = {} if "DataCaptureConfig" in retained else _described(config)
    _change(record, EndpointStatus="Updating", FailureReason=None, LastDeploymentConfig=how or None)
    _in_background(_update, record, plan, how, described)
    return {"EndpointArn": record["EndpointArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpoint."""
    record = store.get(ENDPOINT, params["EndpointName"])
    shown = {**record}
    if "_deployment" in record:
        shown["ProductionVariants"] = [
            _variant_summary(variant, record["LastModifiedTime"])
            for variant in record["_deployment"]["Variants"]
        ]
    rollout = _rollouts.get(record["EndpointArn"])
    if rollout is not None:
        shown["PendingDeploymentSummary"] = _pending(rollout)
    return model.answer("DescribeEndpoint", shown)


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteEndpoint."""
    record = steady(params["EndpointName"])
    _change(record, EndpointStatus="Deleting")
    for forget in deleting:
        forget(record["EndpointName"])
    _in_background(_delete, record)
    return {}


def list_endpoints(params: dict[str, Any]) -> dict[str, Any]:
    """ListEndpoints."""
    return listing.answer(ENDPOINT, params)


def deployment(name: str) -> Deployment | None:
    """What answers an endpoint's next request; None while it has never come into service.

    Raises:
        ServiceError: there is no such endpoint.
    """
    arn = store.get(ENDPOINT, name)["EndpointArn"]
    rollout = _rollouts.get(arn)
    if rollout is not None and rollout.chooses_green():
        return rollout.green
    return _live.get(arn)


def reweigh(record: Record) -> None:
    """Have a serving endpoint's variants share the traffic as its record says by now."""
    weights = {plan["VariantName"]: plan["Weight"] for plan in record["_deployment"]["Variants"]}
    for variant in _live[record["EndpointArn"]].variants:
        variant.weight = weights[variant.name]
    _change(record)


def resume() -> None:
    """Start the servers of restored endpoints again."""
    store.for_each(ENDPOINT, _resume)


def stop_all() -> None:
    """Stop every server of every endpoint."""
    while _rollouts:
        _rollouts.popitem()[1].green.stop()
    while _live:
        _live.popitem()[1].stop()


def _create(record: Record, plan: dict[str, Any]) -> None:
    started = Deployment(record["EndpointName"], plan)
    try:
        started.start()
    except ServerFailedError as error:
        _change(record, EndpointStatus="Failed", FailureReason=_reason(record, error))
        return
    _serve(record, started)


def _update(record: Record, plan: dict[str, Any], how: dict[str, Any], described: dict[str, Any]) -> None:
    """Bring the new servers into service, then let the old ones end; if that fails the old ones stay."""
    started = Deployment(record["EndpointName"], plan)
    alarms = [alarm["AlarmName"] for alarm in how.get("AutoRollbackConfiguration", {}).get("Alarms", [])]
    rollout = Rollout(started, how.get("BlueGreenUpdatePolicy", AT_ONCE), alarms)
    former = _live[record["EndpointArn"]]
    _rollouts[record["EndpointArn"]] = rollout
    try:
        started.start()
        rollout.run()
    except ServerFailedError as error:
        started.forget()
        _stay(record, error)
    except RolledBackError as error:
        started.drain()
        _stay(record, error)
    else:
        _serve(record, started, EndpointConfigName=plan["EndpointConfigName"], **described)
        former.drain()


def _serve(record: Record, started: Deployment, **fields: Any) -> None:
    _live[record["EndpointArn"]] = started
    _rollouts.pop(record["EndpointArn"], None)
    record["_deployment"] = started.plan
    _change(record, EndpointStatus="InService", **fields)


def _stay(record: Record, error: Exception) -> None:
    """What serves goes on; why there was no change is told."""
    _rollouts.pop(record["EndpointArn"], None)
    _change(record, EndpointStatus="InService", FailureReason=_reason(record, error))


def _delete(record: Record) -> None:
    serving = _live.pop(record["EndpointArn"], None)
    if serving is not None:
        serving.stop()
    deployments.forget_endpoint(record["EndpointName"])
    store.remove(ENDPOINT, record["EndpointName"])


def _resume(record: Record) -> None:
    status = record["EndpointStatus"]
    if status == "Deleting":
        store.remove(ENDPOINT, record["EndpointName"])
    elif "_deployment" in record:
        record["EndpointStatus"] = "SystemUpdating"
        _in_background(_create, record, record["_deployment"])
    elif status != "Failed":
        reason = "The local AWS was stopped while the endpoint was created. Delete it, and create it again."
        record.update(EndpointStatus="Failed", FailureReason=reason)


def _in_background(act: Any, record: Record, *arguments: Any) -> None:
    def guarded() -> None:
        try:
            act(record, *arguments)
        except Exception as error:
            logger.exception("Endpoint %s broke down", record["EndpointName"])
            _rollouts.pop(record["EndpointArn"], None)
            status = "InService" if record["EndpointArn"] in _live else "Failed"
            _change(
                record,
                EndpointStatus=status,
                FailureReason=f"{type(error).__name__}: {error}"[:_REASON_LIMIT],
            )

    spawn_background(guarded, thread_name="sagemaker-endpoint")


def steady(name: str) -> Record:
    """The endpoint, if no operation on it is under way."""
    record = store.get(ENDPOINT, name)
    if record["EndpointStatus"] not in _STEADY:
        raise validation_error(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
    return record


def _change(record: Record, **fields: Any) -> None:
    store.update(record, **fields)
    events.state_changed(ENDPOINT, record)


def _described(config: Record) -> dict[str, Any]:
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return {}
    enabled = capture.get("EnableCapture", True)
    return {
        "DataCaptureConfig": {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    }


def _variant_summary(plan: dict[str, Any], since: float) -> dict[str, Any]:
    image = plan["Servable"]["image"]
    summary: dict[str, Any] = {
        "VariantName": plan["VariantName"],
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": since}],
        "CurrentWeight": plan["Weight"],
        "DesiredWeight": plan["Weight"],
    }
    if plan["ServerlessConfig"]:
        config = plan["ServerlessConfig"]
        return {**summary, "CurrentServerlessConfig": config, "DesiredServerlessConfig": config}
    count = plan["InstanceCount"]
    return {**summary, "CurrentInstanceCount": count, "DesiredInstanceCount": count}


def _pending(rollout: Rollout) -> dict[str, Any]:
    status = [{"Status": rollout.status, "StartTime": rollout.since}]
    return {
        "EndpointConfigName": rollout.green.plan["EndpointConfigName"],
        "ProductionVariants": [
            {**_variant_summary(variant, rollout.since), "VariantStatus": status}
            for variant in rollout.green.plan["Variants"]
        ],
        "StartTime": rollout.since,
    }


def _retained(params: dict[str, Any]) -> frozenset[str]:
    """The kinds of property that an update takes over from what serves."""
    if not params.get("RetainAllVariantProperties"):
        return frozenset()
    excluded = {each["VariantPropertyType"] for each in params.get("ExcludeRetainedVariantProperties", [])}
    return frozenset({"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"} - excluded)


def _reason(record: Record, error: Exception) -> str:
    hint = " for this endpoint." if str(error).endswith("CloudWatch logs") else ""
    logger.info("Endpoint %s: %s", record["EndpointName"], error)
    return f"{error}{hint}"[:_REASON_LIMIT]

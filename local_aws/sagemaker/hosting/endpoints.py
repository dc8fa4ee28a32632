"""Endpoints: from a configuration to servers that answer, and from one configuration to the next without a
gap."""

import logging
from typing import Any

from ministack.core.concurrency import spawn_background

from local_aws.sagemaker import events, listing, model, store
from local_aws.sagemaker.errors import ServiceError, validation_error
from local_aws.sagemaker.hosting import deployments
from local_aws.sagemaker.hosting.deployments import Deployment
from local_aws.sagemaker.hosting.servers import ServerFailedError
from local_aws.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG
from local_aws.sagemaker.store import Record

logger = logging.getLogger(__name__)

_STEADY = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
_REASON_LIMIT = 1024

_live: dict[str, Deployment] = {}


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
    record = _steady(params["EndpointName"])
    if record["EndpointStatus"] == "Failed":
        raise validation_error(
            f'Cannot update endpoint "{record["EndpointArn"]}" in status Failed; delete it.'
        )
    config = store.get(ENDPOINT_CONFIG, params["EndpointConfigName"])
    plan = deployments.plan(config)
    _change(record, EndpointStatus="Updating", FailureReason=None)
    _in_background(_update, record, plan, config)
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
    return model.answer("DescribeEndpoint", shown)


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteEndpoint."""
    record = _steady(params["EndpointName"])
    _change(record, EndpointStatus="Deleting")
    _in_background(_delete, record)
    return {}


def list_endpoints(params: dict[str, Any]) -> dict[str, Any]:
    """ListEndpoints."""
    return listing.answer(ENDPOINT, params)


def deployment(name: str) -> Deployment | None:
    """What serves an endpoint now; None while it has never come into service.

    Raises:
        ServiceError: there is no such endpoint.
    """
    return _live.get(store.get(ENDPOINT, name)["EndpointArn"])


def resume() -> None:
    """Start the servers of restored endpoints again."""
    store.for_each(ENDPOINT, _resume)


def stop_all() -> None:
    """Stop every server of every endpoint."""
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


def _update(record: Record, plan: dict[str, Any], config: Record) -> None:
    """Bring the new servers into service, then let the old ones end; if that fails the old ones stay."""
    started = Deployment(record["EndpointName"], plan)
    try:
        started.start()
    except ServerFailedError as error:
        started.forget()
        _change(record, EndpointStatus="InService", FailureReason=_reason(record, error))
        return
    former = _live.get(record["EndpointArn"])
    _serve(record, started, EndpointConfigName=plan["EndpointConfigName"], **_described(config))
    if former is not None:
        former.drain()


def _serve(record: Record, started: Deployment, **fields: Any) -> None:
    _live[record["EndpointArn"]] = started
    record["_deployment"] = started.plan
    _change(record, EndpointStatus="InService", **fields)


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
            status = "InService" if record["EndpointArn"] in _live else "Failed"
            _change(
                record,
                EndpointStatus=status,
                FailureReason=f"{type(error).__name__}: {error}"[:_REASON_LIMIT],
            )

    spawn_background(guarded, thread_name="sagemaker-endpoint")


def _steady(name: str) -> Record:
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


def _reason(record: Record, error: ServerFailedError | ServiceError) -> str:
    hint = " for this endpoint." if str(error).endswith("CloudWatch logs") else ""
    logger.info("Endpoint %s: %s", record["EndpointName"], error)
    return f"{error}{hint}"[:_REASON_LIMIT]

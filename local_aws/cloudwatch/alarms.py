"""Metric alarms as they are put, by the API and by templates.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

import functools
import time
from typing import Any

import botocore.session
from botocore.model import Shape
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudwatch import queries, series, transitions
from local_aws.sagemaker import validation
from local_aws.sagemaker.errors import ServiceError

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.cloudformation.provisioners:_cw_metric_alarm_put",
    "ministack.services.cloudwatch:_alarm_tags_refusal",
    "ministack.services.cloudwatch:_alarms",
    "ministack.services.cloudwatch:_evaluate_alarm",
    "ministack.services.cloudwatch:_evaluate_all_alarms",
    "ministack.services.cloudwatch:_put_metric_alarm",
    "ministack.services.cloudwatch:_resource_tags",
    "ministack.services.cloudwatch:cloudformation_set_metric_alarm_tags",
)

Alarm = dict[str, Any]

TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
COMPARISONS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_OF_ONE_METRIC = ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Dimensions", "Unit")
_NOT_SIMULATED = (
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "ThresholdMetricId",
    "WarmUpConfiguration",
)
_STATE = (
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)
_DAY = 86400


class AlarmRefusedError(ValueError):
    """What PutMetricAlarm answers as a ValidationError."""


def install() -> None:
    """Put alarms with all they can have, and leave their evaluation to the clock."""
    put_by_query = cloudwatch._put_metric_alarm

    def put_metric_alarm(params: Any, body: Alarm, is_cbor: bool, is_json: bool = False) -> Any:
        if not (is_cbor or is_json):
            return put_by_query(params, body, is_cbor, is_json)
        tags = body.get("Tags")
        is_new = body.get("AlarmName") not in cloudwatch._alarms
        refused = cloudwatch._alarm_tags_refusal(
            tags, body.get("DatapointsToAlarm"), is_new, is_cbor, is_json
        )
        if refused:
            return refused
        try:
            alarm = put(body)
        except AlarmRefusedError as error:
            return cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        if is_new and tags:
            cloudwatch._resource_tags[alarm["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in tags}
        return cloudwatch._cbor_ok({}) if is_cbor else cloudwatch._json_ok({})

    cloudwatch._put_metric_alarm = put_metric_alarm
    cloudwatch._evaluate_alarm = lambda _alarm: None
    cloudwatch._evaluate_all_alarms = lambda: None
    provisioners._cw_metric_alarm_put = _put_from_template


def put(request: Alarm) -> Alarm:
    """Make or change an alarm; a changed one keeps its state. Raises AlarmRefusedError."""
    _check(request)
    name = request["AlarmName"]
    former = cloudwatch._alarms.get(name)
    now = time.time()
    alarm = {
        "ActionsEnabled": True,
        "TreatMissingData": "missing",
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
        **{key: value for key, value in request.items() if value is not None and key != "Tags"},
        "AlarmArn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}",
        "AlarmConfigurationUpdatedTimestamp": now,
    }
    if "MetricName" in alarm:
        alarm.setdefault("Dimensions", [])
    alarm.update({key: former[key] for key in _STATE if former and key in former})
    cloudwatch._alarms[name] = alarm
    transitions.record_configuration(alarm, is_new=former is None)
    return alarm


def _put_from_template(name: str, properties: Alarm) -> tuple[str, Alarm]:
    shape = _shape()
    request = _typed({**properties, "AlarmName": name}, shape)
    try:
        alarm = put({key: value for key, value in request.items() if key != "Tags"})
    except AlarmRefusedError as error:
        raise ValueError(f"Resource handler returned message: {error} (Service: CloudWatch)") from None
    tags = [tag for tag in properties.get("Tags") or [] if isinstance(tag, dict) and tag.get("Key")]
    cloudwatch.cloudformation_set_metric_alarm_tags(name, tags)
    return name, {"Arn": alarm["AlarmArn"]}


def _typed(value: Any, shape: Shape) -> Any:
    """A template's value, in which numbers and booleans may be text, in the types of the API."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        return {key: _typed(part, members[key]) if key in members else part for key, part in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_typed(part, shape.member) for part in value]
    if shape.type_name == "boolean":
        return cloudformation.is_true(value)
    convert = {"integer": int, "double": float}.get(shape.type_name)
    return convert(value) if convert and isinstance(value, str) else value


@functools.cache
def _shape() -> Shape:
    model = botocore.session.get_session().get_service_model("cloudwatch")
    return model.operation_model("PutMetricAlarm").input_shape


def _check(request: Alarm) -> None:
    try:
        validation.require(_shape(), request)
    except ServiceError as error:
        raise AlarmRefusedError(error.message) from None
    absent = [name for name in _NOT_SIMULATED if name in request]
    if absent:
        raise AlarmRefusedError(f"{', '.join(absent)}: not simulated")
    _check_thresholds(request)
    if "Metrics" in request:
        _check_math(request)
    else:
        _check_metric(request)


def _check_thresholds(request: Alarm) -> None:
    for needed in ("EvaluationPeriods", "ComparisonOperator", "Threshold"):
        if request.get(needed) is None:
            raise AlarmRefusedError(f"The parameter {needed} is required")
    if request["ComparisonOperator"] not in COMPARISONS:
        raise AlarmRefusedError(f"{request['ComparisonOperator']}: anomaly detection is not simulated")
    if request.get("DatapointsToAlarm", 1) > request["EvaluationPeriods"]:
        raise AlarmRefusedError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    treatment = request.get("TreatMissingData", "missing")
    if treatment not in TREATMENTS:
        raise AlarmRefusedError(f"{treatment}: TreatMissingData is one of {', '.join(TREATMENTS)}")


def _check_math(request: Alarm) -> None:
    given = [name for name in _OF_ONE_METRIC if request.get(name)]
    if given:
        raise AlarmRefusedError(f"With Metrics, {', '.join(given)} must not be given")
    try:
        queries.check(request["Metrics"])
    except queries.QueryError as error:
        raise AlarmRefusedError(str(error)) from None
    if sum(bool(query.get("ReturnData", True)) for query in request["Metrics"]) != 1:
        raise AlarmRefusedError("Exactly one element of the metrics list should return data.")
    for period in queries.periods(request["Metrics"]):
        _check_period(period, request["EvaluationPeriods"])


def _check_metric(request: Alarm) -> None:
    for needed in ("MetricName", "Namespace", "Period"):
        if not request.get(needed):
            raise AlarmRefusedError(f"The parameter {needed} is required")
    statistics = [request[name] for name in ("Statistic", "ExtendedStatistic") if request.get(name)]
    if len(statistics) != 1:
        raise AlarmRefusedError("Exactly one of Statistic and ExtendedStatistic must be given")
    if not series.is_statistic(statistics[0]):
        raise AlarmRefusedError(f"The statistic {statistics[0]} is not simulated")
    _check_period(request["Period"], request["EvaluationPeriods"])


def _check_period(period: int, evaluation_periods: int) -> None:
    if period not in (10, 20, 30) and period % 60:
        raise AlarmRefusedError(f"Period must be 10, 20, 30 or a multiple of 60, not {period}")
    most = 7 * _DAY if period >= 3600 else _DAY
    if period * evaluation_periods > most:
        raise AlarmRefusedError(
            f"Metrics cannot be checked across more than {most // _DAY} days "
            f"(EvaluationPeriods * Period must be <= {most})"
        )

"""What a change of an alarm's state brings about: history, actions on topics, an event.

An action on a topic needs the topic's policy, and its key's, to let CloudWatch; otherwise the history tells
why it failed, as on AWS. Actions on anything but a topic are kept and not carried out.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import json
import logging
import time
import uuid
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, eventbridge, kms, sns

from local_aws.cloudwatch import notices

HOOKS = (
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.core.iam_evaluator:evaluate_resource_policy",
    "ministack.services.cloudwatch:_dispatch_alarm_actions",
    "ministack.services.cloudwatch:_evaluate_parent_alarms",
    "ministack.services.cloudwatch:_history_entries",
    "ministack.services.cloudwatch:_record_history",
    "ministack.services.cloudwatch:_ts_iso",
    "ministack.services.eventbridge:_put_events",
    "ministack.services.kms:_resolve_key",
    "ministack.services.sns:_fanout",
    "ministack.services.sns:_topic_by_arn_any_scope",
    "ministack.services.sns:topic_policy_allows",
)

Alarm = dict[str, Any]

_SERVICE = "cloudwatch.amazonaws.com"
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_logger = logging.getLogger("local_aws.cloudwatch")

# An alarm's ARN -> the state that was told last, for the next event to tell what was before.
_told: dict[str, dict[str, Any]] = {}
# An alarm's ARN -> when it last went off, in seconds since the epoch.
_went_off: dict[str, float] = {}


def install() -> None:
    """Follow every change of state, also of composite alarms and by SetAlarmState."""
    cloudwatch._dispatch_alarm_actions = _follow


def move(alarm: Alarm, state: str, reason: str, reason_data: dict[str, Any]) -> None:
    """Bring an alarm into another state."""
    former = alarm["StateValue"]
    now = time.time()
    alarm.update(
        StateValue=state,
        StateReason=reason,
        StateReasonData=json.dumps(reason_data, separators=(",", ":")),
        StateUpdatedTimestamp=now,
        StateTransitionedTimestamp=now,
    )
    cloudwatch._record_history(alarm["AlarmName"], former, state, reason, reason_data=reason_data)
    _follow(alarm, former, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def went_off_since(alarm: Alarm, moment: float) -> bool:
    """Whether an alarm went off after a moment, also if it is quiet again."""
    return _went_off.get(alarm["AlarmArn"], 0.0) >= moment


def record_configuration(alarm: Alarm, *, is_new: bool) -> None:
    """Write into the history that an alarm was made or changed."""
    done = "created" if is_new else "updated"
    _add_history(alarm, "ConfigurationUpdate", f'Alarm "{alarm["AlarmName"]}" {done}', {"version": "1.0"})


def _follow(alarm: Alarm, former: str, state: str, reason: str) -> None:
    """Stands in for ministack's `_dispatch_alarm_actions`."""
    now = time.time()
    if state == "ALARM":
        _went_off[alarm["AlarmArn"]] = now
    told = {"value": state, "reason": reason, "timestamp": notices.precise_time(now)}
    if alarm.get("StateReasonData"):
        told["reasonData"] = alarm["StateReasonData"]
    previous = _told.get(alarm["AlarmArn"]) or {"value": former}
    _told[alarm["AlarmArn"]] = told
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(notices.event_detail(alarm, told, previous)),
        "Resources": [alarm["AlarmArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    if alarm.get("ActionsEnabled", True):
        for action in alarm.get(_ACTIONS[state]) or ():
            _act(alarm, action, former)


def _act(alarm: Alarm, action: str, former: str) -> None:
    if not action.startswith("arn:") or action.split(":")[2] != "sns":
        _logger.info("Alarm %s: %s is not a topic; nothing is done", alarm["AlarmName"], action)
        return
    problem = _problem(alarm, action)
    if problem is None:
        subject = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {notices.region_name(get_region())}'
        sns._fanout(action, str(uuid.uuid4()), notices.message(alarm, former), subject[:100])
        summary, data = f"Successfully executed action {action}", {"actionState": "Succeeded"}
    else:
        summary = f'Failed to execute action {action}. Received error: "{problem}"'
        data = {"actionState": "Failed", "error": problem}
        _logger.warning("Alarm %s: %s", alarm["AlarmName"], summary)
    _add_history(alarm, "Action", summary[:255], {**data, "notificationResource": action})


def _problem(alarm: Alarm, topic_arn: str) -> str | None:
    """Why CloudWatch may not publish to a topic; None if it may."""
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return f"Topic does not exist: {topic_arn}"
    if not sns.topic_policy_allows(topic_arn, _SERVICE, alarm["AlarmArn"], get_account_id()):
        return f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {topic_arn}"
    key_id = topic["attributes"].get("KmsMasterKeyId", "")
    key = kms._resolve_key(key_id) if key_id and "alias/aws/" not in key_id else None
    if "alias/aws/" in key_id or (key is not None and not _may_use(key, alarm)):
        return "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    return None


def _may_use(key: dict[str, Any], alarm: Alarm) -> bool:
    """Whether the key's policy lets CloudWatch encrypt for a topic.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    account = get_account_id()
    context = {
        "aws:sourcearn": alarm["AlarmArn"],
        "aws:sourceaccount": account,
        "aws:principalservicename": _SERVICE,
        "aws:principalisawsservice": "true",
    }
    requests = (
        iam_evaluator.EvalContext(
            principal_arn=_SERVICE,
            principal_type="Service",
            principal_account=account,
            action=action,
            resource_arn=key["Arn"],
            region=get_region(),
            secure_transport=True,
            service_context=context,
        )
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    )
    return key["KeyState"] == "Enabled" and all(
        iam_evaluator.evaluate_resource_policy(key["Policy"], request, service=_SERVICE).decision == "Allow"
        for request in requests
    )


def _add_history(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )

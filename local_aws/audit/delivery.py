"""Trails deliver what they select: gzipped JSON in their bucket, and lines in their log group.

As on AWS, by name and by content; every few seconds instead of minutes. What wasn't delivered when the local
AWS stops is lost.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

import json
import logging
import secrets
import string
import threading
import time
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import cloudtrail

from local_aws import enforcement
from local_aws.audit import digests, files, selectors, trails
from local_aws.audit.events import Event
from local_aws.functions import logs

HOOKS = (
    *digests.HOOKS,
    *logs.HOOKS,
    "ministack.core.concurrency:spawn_background",
    "ministack.services.cloudtrail:_event_selectors",
    "ministack.services.cloudtrail:_trails",
)

_logger = logging.getLogger("local_aws.audit")

_SECONDS = 2.0
# More than this many undelivered events of a trail, and the oldest are lost.
_MOST_WAITING = 50_000
_SUFFIX_LETTERS = string.ascii_letters + string.digits

# (account, region, name of the trail) -> its events that wait for delivery.
_waiting: dict[tuple[str, str, str], list[Event]] = {}
_lock = threading.Lock()


def take(event: Event) -> None:
    """Keep an event for those trails that select it."""
    for name, trail in list(cloudtrail._trails.items()):
        if not trail.get("IsLogging") or not selectors.selects(cloudtrail._event_selectors.get(name), event):
            continue
        key = (event["recipientAccountId"], event["awsRegion"], name)
        with _lock:
            waiting = _waiting.setdefault(key, [])
            waiting.append(event)
            del waiting[:-_MOST_WAITING]


def start() -> None:
    """Deliver from now on, until the process ends."""
    spawn_background(_deliver_forever, thread_name="cloudtrail-delivery")


def _deliver_forever() -> None:
    while True:
        time.sleep(_SECONDS)
        with _lock:
            batches = dict(_waiting)
            _waiting.clear()
        for (account, region, name), events in batches.items():
            with request_scope(account, region):
                _deliver(account, region, name, events)


def _deliver(account: str, region: str, name: str, events: list[Event]) -> None:
    trail = cloudtrail._trails.get(name)
    if trail is None:
        return
    now = time.time()
    try:
        trails.check_destination(trail)
        _write_file(trail, account, region, events)
    except (trails.TrailRefusedError, OSError) as error:
        _logger.warning("Trail %s delivers nothing: %s", name, error)
        trail["_DeliveryError"] = str(error)
        return
    trail.update(_DeliveredAt=now, _DeliveryError="")
    _write_lines(trail, account, region, events)


def _write_file(trail: dict[str, Any], account: str, region: str, events: list[Event]) -> None:
    moment = time.gmtime()
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(16))
    name = f"{account}_CloudTrail_{region}_{time.strftime('%Y%m%dT%H%MZ', moment)}_{suffix}.json.gz"
    folder = f"{trails.log_prefix(trail, account)}CloudTrail/{region}/{time.strftime('%Y/%m/%d', moment)}"
    content = json.dumps({"Records": events}).encode()
    files.put(trail, f"{folder}/{name}", content)
    if trail.get("LogFileValidationEnabled"):
        digests.write(trail, digests.LogFile(account, region, f"{folder}/{name}", content, events))


def _write_lines(trail: dict[str, Any], account: str, region: str, events: list[Event]) -> None:
    """Write to the trail's log group, if it has one and its role may."""
    group_arn, role = trail.get("CloudWatchLogsLogGroupArn"), trail.get("CloudWatchLogsRoleArn")
    if not group_arn or not role:
        return
    group = group_arn.split(":log-group:", 1)[1].removesuffix(":*")
    stream = f"{account}_CloudTrail_{region}"
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}"
    try:
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            enforcement.require(role, action, arn)
    except enforcement.AccessDenied as error:
        _logger.warning("Trail %s writes no log events: %s", trail["Name"], error)
        return
    logs.write(group, stream, [json.dumps(event) for event in events])

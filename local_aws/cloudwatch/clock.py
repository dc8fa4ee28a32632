"""The clock: alarms are evaluated each minute, those of periods below a minute every ten seconds, as on AWS.

An evaluation looks at whole periods only, so a minute's data count once the minute is over. For tests,
`--alarm-minute` makes the minutes of alarms shorter; nothing else of CloudWatch goes faster by it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from local_aws.cloudwatch import embedded, evaluation, measurements, transitions

HOOKS = (
    "ministack.core.concurrency:spawn_background",
    "ministack.services.cloudwatch:_alarms",
)

_TICKS_OF_A_MINUTE = 6
_LONGEST_SLEEP = 1.0
_FORGET_SECONDS = 600.0

_logger = logging.getLogger("local_aws.cloudwatch")


def start(seconds_of_a_minute: float) -> None:
    """Evaluate alarms from now on, until the process ends."""
    spawn_background(lambda: _run(seconds_of_a_minute), thread_name="cloudwatch-clock")


def _run(seconds_of_a_minute: float) -> None:
    length = seconds_of_a_minute / _TICKS_OF_A_MINUTE
    tick, forgot = int(time.time() / length), time.monotonic()
    while True:
        time.sleep(min(_LONGEST_SLEEP, length))
        try:
            embedded.extract()
            measurements.store()
            now_tick = int(time.time() / length)
            if now_tick > tick:
                tick = now_tick
                _evaluate(tick * length, seconds_of_a_minute, whole_minute=tick % _TICKS_OF_A_MINUTE == 0)
            if time.monotonic() - forgot > _FORGET_SECONDS:
                measurements.forget_old()
                forgot = time.monotonic()
        except Exception:
            _logger.exception("The clock of alarms stumbled, and goes on")


def _evaluate(now: float, seconds_of_a_minute: float, *, whole_minute: bool) -> None:
    scopes = {key[:2] for key in list(cloudwatch._alarms._data)}
    for scope in sorted(scopes):
        with request_scope(*scope):
            for alarm in list(cloudwatch._alarms.values()):
                if whole_minute or evaluation.period_of(alarm) < 60:
                    _look_at(alarm, now, seconds_of_a_minute)


def _look_at(alarm: dict[str, Any], now: float, seconds_of_a_minute: float) -> None:
    verdict = evaluation.judge(_readable(alarm), now, seconds_of_a_minute)
    if verdict is not None and verdict.state != alarm["StateValue"]:
        transitions.move(alarm, verdict.state, verdict.reason, verdict.data)


def _readable(alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    """An alarm without the members that ministack leaves empty."""
    return {name: value for name, value in alarm.items() if value is not None}

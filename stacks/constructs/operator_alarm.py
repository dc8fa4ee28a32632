"""An alarm that a person must act on: it tells the topic what happened and which page says what to do."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

RUNBOOK = "docs/operations.md"
MINUTE = Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class Insistence:
    """How long something goes on before it is told: `needed` of the last `periods` periods."""

    periods: int
    needed: int


# Three bad minutes of five: not a deployment's blink, and still told within minutes.
GOES_ON = Insistence(periods=5, needed=3)
AT_ONCE = Insistence(periods=1, needed=1)


class OperatorAlarm(cloudwatch.Alarm):
    """Rings from `threshold` on. A period without data is in order: nobody has asked, so nothing failed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metric: cloudwatch.IMetric,
        threshold: float,
        insistence: Insistence,
        happened: str,
        entry: str,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=insistence.periods,
            datapoints_to_alarm=insistence.needed,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{happened} What to do: {RUNBOOK}#{entry}",
        )
        self.add_alarm_action(actions.SnsAction(topic))


def failed_percentage(
    *, failed: cloudwatch.IMetric, requests: cloudwatch.IMetric, least: int
) -> cloudwatch.IMetric:
    """The failed ones of a minute's requests in percent; 0 where fewer than `least` failed."""
    return cloudwatch.MathExpression(
        expression=f"IF(failed >= {least}, 100 * failed / requests, 0)",
        using_metrics={"failed": failed, "requests": requests},
        label="failed requests in percent",
        period=MINUTE,
    )


def latency(
    *, measured: cloudwatch.IMetric, requests: cloudwatch.IMetric, least: int, of_a_millisecond: int = 1
) -> cloudwatch.IMetric:
    """A minute's latency in milliseconds; 0 where fewer than `least` requests came, of which it says nothing.

    `of_a_millisecond` is how many of the units that are measured make a millisecond.
    """
    value = "measured" if of_a_millisecond == 1 else f"measured / {of_a_millisecond}"
    return cloudwatch.MathExpression(
        expression=f"IF(requests >= {least}, {value}, 0)",
        using_metrics={"measured": measured, "requests": requests},
        label="milliseconds",
        period=MINUTE,
    )

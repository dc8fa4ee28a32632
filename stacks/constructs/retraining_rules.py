"""What starts a workload's training beside a person: a schedule, new data, drift."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from settings.uploads import COMPLETE, delivery_prefix
from settings.workload import Workload
from stacks.constructs.machine_rule import MachineRule


def train_on_schedule(
    scope: Construct, machine: sfn.IStateMachine, *, workload: Workload, schedule: str
) -> None:
    """Start a training with the workload's own settings at the times of an EventBridge schedule."""
    MachineRule(
        scope,
        "ScheduleRule",
        machine=machine,
        description=f"Trains {workload.name} {schedule}",
        schedule=events.Schedule.expression(schedule),
        given={},
    )


def train_on_new_data(
    scope: Construct, machine: sfn.IStateMachine, *, workload: Workload, bucket: s3.IBucket
) -> None:
    """Start a training on delivered files once the object is there that says that they are complete.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """
    prefix = delivery_prefix(workload)
    sources = {
        file.name: {"uri": f"s3://{bucket.bucket_name}/{prefix}{file.name}"} for file in workload.data.files
    }
    MachineRule(
        scope,
        "NewDataRule",
        machine=machine,
        description=f"Trains {workload.name} on new data once it is complete",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [prefix + COMPLETE]}},
        ),
        given={"sources": sources},
    )


def train_on_drift(
    scope: Construct, machine: sfn.IStateMachine, *, workload: Workload, alarm: cloudwatch.IAlarm
) -> None:
    """Start a training when the alarm goes off; not again while it stays so.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    MachineRule(
        scope,
        "DriftRule",
        machine=machine,
        description=f"Trains {workload.name} when its requests have drifted",
        event_pattern=events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change"],
            resources=[alarm.alarm_arn],
            detail={"state": {"value": ["ALARM"]}},
        ),
        given={},
    )

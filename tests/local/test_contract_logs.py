"""A policy names a log group by an ARN that ends in `:*`."""

import pytest

from tests.local.running import ACCOUNT, LocalAws, MakeRole, statement


def group_arn(name: str) -> str:
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"


def test_the_arn_with_the_star_grants_work_on_the_group(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given
    local_aws.client("logs").create_log_group(logGroupName=name)
    actions = ["logs:DeleteLogGroup", "logs:DescribeLogStreams"]
    logs = local_aws.as_role("logs", make_role(None, statement(actions, f"{group_arn(name)}:*")))
    # When
    logs.describe_log_streams(logGroupName=name)
    logs.delete_log_group(logGroupName=name)
    # Then
    left = local_aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert left == []


def test_another_groups_arn_grants_nothing(local_aws: LocalAws, make_role: MakeRole, name: str) -> None:
    # Given
    local_aws.client("logs").create_log_group(logGroupName=name)
    other = statement("logs:DeleteLogGroup", f"{group_arn(name)}-other:*")
    logs = local_aws.as_role("logs", make_role(None, other))
    # When, then
    with pytest.raises(logs.exceptions.ClientError, match="not authorized to perform: logs:DeleteLogGroup"):
        logs.delete_log_group(logGroupName=name)


def test_a_streams_arn_grants_reading_that_stream_alone(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given
    mine = local_aws.client("logs")
    mine.create_log_group(logGroupName=name)
    for stream in ("ours-1", "theirs-1"):
        mine.create_log_stream(logGroupName=name, logStreamName=stream)
    ours = statement("logs:GetLogEvents", f"{group_arn(name)}:log-stream:ours-*")
    logs = local_aws.as_role("logs", make_role(None, ours))
    # When, then
    logs.get_log_events(logGroupName=name, logStreamName="ours-1")
    with pytest.raises(logs.exceptions.ClientError, match="log-stream:theirs-1"):
        logs.get_log_events(logGroupName=name, logStreamName="theirs-1")

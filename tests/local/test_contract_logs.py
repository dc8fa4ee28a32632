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

"""Lists of parameters and of alarms: who may ask for them by name."""

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, REGION, LocalAws, MakeRole, statement


def test_a_list_of_one_name_is_held_against_the_parameter(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given a parameter, and one who may read and delete it and no other
    local_aws.client("ssm").put_parameter(Name=f"/{name}/a", Value="1", Type="String")
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name}/a"
    role = make_role(None, statement(["ssm:DeleteParameters", "ssm:GetParameters"], arn))
    ssm = local_aws.as_role("ssm", role)

    # Then
    assert [one["Value"] for one in ssm.get_parameters(Names=[f"/{name}/a"])["Parameters"]] == ["1"]
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.get_parameters(Names=[f"/{name}/b"])
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.delete_parameters(Names=[f"/{name}/b"])
    assert ssm.delete_parameters(Names=[f"/{name}/a"])["DeletedParameters"] == [f"/{name}/a"]
    assert ssm.get_parameters(Names=[f"/{name}/a"])["InvalidParameters"] == [f"/{name}/a"]


def test_a_list_of_alarms_is_held_against_the_alarm(
    local_aws: LocalAws, make_role: MakeRole, name: str
) -> None:
    # Given one who may look at one alarm
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    cloudwatch = local_aws.as_role("cloudwatch", make_role(None, statement("cloudwatch:DescribeAlarms", arn)))

    # Then
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.describe_alarms(AlarmNames=[f"{name}-2"])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.describe_alarms()

"""CloudFormation's types: those that are missing are said to be, and those that are added work."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, Deploy, LocalAws, delete_stack


def test_a_type_that_is_not_there_is_named_before_anything_is_made(local_aws: LocalAws, name: str) -> None:
    # Given
    cloudformation = local_aws.client("cloudformation")
    template = '{"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::Mars::Rover"}}}'
    # When
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName=name, TemplateBody=template)
    # Then
    text = "Unrecognized resource types: [AWS::Mars::Rover]. AWS::Mars::Rover isn't in the local AWS"
    assert text in str(refused.value)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def budget_template(amount: int, stage: str) -> dict[str, Any]:
    address = {"SubscriptionType": "EMAIL", "Address": "owner@example.com"}
    notification = {
        "NotificationType": "ACTUAL",
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": "80",
        "ThresholdType": "PERCENTAGE",
    }
    properties = {
        "Budget": {
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": amount, "Unit": "USD"},
        },
        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": [address]}],
        "ResourceTags": [{"Key": "stage", "Value": stage}],
    }
    return {"Budget": {"Type": "AWS::Budgets::Budget", "Properties": properties}}


def test_a_budget_is_made_changed_and_deleted(local_aws: LocalAws, deploy: Deploy, name: str) -> None:
    # When
    outputs = {"Name": {"Ref": "Budget"}}
    budget = deploy(name, budget_template(50, "before"), outputs)["Name"]
    assert deploy(name, budget_template(60, "after"), outputs)["Name"] == budget
    # Then
    budgets, named = local_aws.client("budgets"), {"AccountId": ACCOUNT, "BudgetName": budget}
    described = budgets.describe_budget(**named)["Budget"]
    (notification,) = budgets.describe_notifications_for_budget(**named)["Notifications"]
    tags = budgets.list_tags_for_resource(ResourceARN=f"arn:aws:budgets::{ACCOUNT}:budget/{budget}")
    assert float(described["BudgetLimit"]["Amount"]) == 60
    assert notification["Threshold"] == 80
    assert {"Key": "stage", "Value": "after"} in tags["ResourceTags"]
    # When
    delete_stack(local_aws.client("cloudformation"), name)
    # Then
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_budget(**named)

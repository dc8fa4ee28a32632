"""What an organisation asks of every stack: bounded roles under a path, tags, a budget that is told."""

from typing import Any

from tests.infrastructure.assembly import ACCOUNT, Assembly
from tests.infrastructure.policies import roles
from tests.infrastructure.state_machines import state_machines

TAGGED = (
    "createProcessingJob",
    "createTrainingJob",
    "createTransformJob",
    "createModel",
    "createEndpoint",
)


def test_every_role_is_bounded_and_under_the_path(concrete: Assembly) -> None:
    # Given an organisation that asks for both
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/team/workloads-boundary"
    for role in roles(concrete):
        # Then all roles have them, the CDK's own included
        assert concrete.resolve(role.stack, role.properties["PermissionsBoundary"]) == boundary
        assert role.properties["Path"] == "/ml/prod/"


def test_roles_have_neither_where_nothing_is_asked_for(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        for role in roles(assembly):
            assert not {"PermissionsBoundary", "Path"} & role.properties.keys()


def test_what_machines_make_carries_the_environments_tags(assembly: Assembly) -> None:
    # Given what costs money and isn't CloudFormation's
    made = [
        state["Arguments"]
        for machine in state_machines(assembly)
        for state in machine.tasks.values()
        if state["Resource"].removesuffix(".sync").rpartition(":")[2] in TAGGED
    ]
    assert made
    wanted = [{"Key": key, "Value": value} for key, value in assembly.environment.tags.items()]
    for arguments in made:
        # Then it is counted with the environment
        assert all(tag in arguments["Tags"] for tag in wanted), arguments


def test_only_an_environment_with_a_budget_has_one(dev: Assembly, prod: Assembly) -> None:
    assert ["budget" in assembly.stacks for assembly in (dev, prod)] == [False, True]


def test_the_budget_counts_the_environment_and_tells_the_topic(prod: Assembly, concrete: Assembly) -> None:
    for assembly, limit, alarms in ((prod, 2000, {50, 80, 100}), (concrete, 500, {90})):
        [resource] = assembly.resources("AWS::Budgets::Budget")
        budget = assembly.resolve(resource.stack, resource.properties)
        assert budget["Budget"]["BudgetLimit"] == {"Amount": limit, "Unit": "USD"}
        assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:environment$prod"]}
        told: dict[str, set[Any]] = {"ACTUAL": set(), "FORECASTED": set()}
        for each in budget["NotificationsWithSubscribers"]:
            told[each["Notification"]["NotificationType"]].add(each["Notification"]["Threshold"])
            [subscriber] = each["Subscribers"]
            assert subscriber["SubscriptionType"] == "SNS"
            assert subscriber["Address"].startswith("arn:aws:sns:")
        assert told == {"ACTUAL": alarms, "FORECASTED": {100}}


def test_budgets_of_the_account_may_tell_the_topic_and_nobody_elses(prod: Assembly) -> None:
    # Given what the topic and the key say of the service
    [topic] = prod.resources("AWS::SNS::TopicPolicy")
    [key] = prod.resources("AWS::KMS::Key")
    policies = [topic.properties["PolicyDocument"], key.properties["KeyPolicy"]]
    stated = [
        prod.resolve(resource.stack, statement)
        for resource, policy in zip((topic, key), policies, strict=True)
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "budgets.amazonaws.com"}
    ]
    # Then both are held to this account's budgets
    assert [statement["Action"] for statement in stated] == [
        "sns:Publish",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]
    for statement in stated:
        assert statement["Condition"] == {
            "ArnLike": {"aws:SourceArn": f"arn:aws:budgets::{ACCOUNT}:*"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }

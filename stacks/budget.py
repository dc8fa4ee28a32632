"""Budget: what the environment may cost a month, and who is told when it costs more."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.governance import Budget
from stacks.constructs.topic_access import allow_telling

_Kind = budgets.CfnBudget


class BudgetStack(Stack):
    """A budget of what carries the environment's tag, told to the topic.

    Costs are counted by the tag once it is a cost allocation tag, which only the payer's account can make it:
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        budget: Budget,
        topic: sns.Topic,
        key: kms.IKey,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: budget")
        # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        budgets_of_the_account = self.format_arn(
            service="budgets", region="", resource="*", arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        allow_telling(topic, key, service="budgets.amazonaws.com", source_arn=budgets_of_the_account)
        alarms = [("FORECASTED", 100), *(("ACTUAL", each) for each in budget.alarm_percentages)]
        subscriber = _Kind.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
        _Kind(
            self,
            "Budget",
            budget=_Kind.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Kind.SpendProperty(amount=budget.monthly_usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:environment${environment.tags['environment']}"]},
            ),
            notifications_with_subscribers=[
                _Kind.NotificationWithSubscribersProperty(
                    notification=_Kind.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percentage,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percentage in alarms
            ],
        )

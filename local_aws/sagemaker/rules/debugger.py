"""Rules for Debugger's part of a training job."""

from typing import Any

from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.rules import shared

_RULE = "CreateXgboostReport"


def check_debugger(params: dict[str, Any]) -> None:
    """Every rule for a training job's DebugHookConfig and DebugRuleConfigurations."""
    rules = params.get("DebugRuleConfigurations", [])
    if rules and "DebugHookConfig" not in params:
        raise validation_error("DebugRuleConfigurations require a DebugHookConfig.")
    shared.names_are_unique((rule["RuleConfigurationName"] for rule in rules), "RuleConfigurationName")
    for rule in rules:
        shared.image_is_known(rule["RuleEvaluatorImage"])
        rule_is_supported(rule)


def rule_is_supported(rule: dict[str, Any]) -> None:
    """Of the built-in rules, the one that reports on XGBoost's training is here."""
    invoked = rule.get("RuleParameters", {}).get("rule_to_invoke")
    if invoked != _RULE:
        raise validation_error(
            f"DebugRuleConfiguration '{rule['RuleConfigurationName']}': rule_to_invoke {invoked} is not "
            f"supported here; use {_RULE}."
        )

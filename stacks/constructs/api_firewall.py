"""The web application firewall before the API."""

import json
from collections.abc import Sequence

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.constructs.decisions import FIREWALL_WITHOUT_LOGS
from stacks.contract.faults import THROTTLED

_COMMON_RULES = "AWSManagedRulesCommonRuleSet"
_LONG_BODY = "SizeRestrictions_BODY"
_LONG_BODY_LABEL = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
MOST_REQUESTS_OF_AN_ADDRESS = 1000  # in five minutes
# Also of an address that says it speaks for visitors: CloudFront's, each of which does so for many, and
# whoever asks the API directly and makes the header up.
MOST_REQUESTS_OF_ANY_ADDRESS = 10_000
# Set by the website's distribution, from whose addresses its visitors come.
VISITOR_ADDRESS_HEADER = "x-visitor-address"


class ApiFirewall(Construct):
    """Refuses known attacks, and addresses and visitors that ask too often.

    AWS's common rules refuse every body above 8 KB. Where the API predicts (`long_bodies`), documents may be
    longer, so this one rule only labels them there, and another refuses them on the other paths.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: apigateway.Stage, long_bodies: bool
    ) -> None:
        super().__init__(scope, construct_id)
        firewall = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility("recommendations"),
            custom_response_bodies={
                THROTTLED.code: wafv2.CfnWebACL.CustomResponseBodyProperty(
                    content_type="APPLICATION_JSON",
                    content=json.dumps(THROTTLED.document, separators=(",", ":")),
                )
            },
            rules=[
                _managed_rule(0, _COMMON_RULES, counted=(_LONG_BODY,) if long_bodies else ()),
                _managed_rule(1, "AWSManagedRulesKnownBadInputsRuleSet"),
                _rate_rule(2, "RateByAddress", _by_address()),
                _rate_rule(3, "RateByVisitor", _by_visitor()),
                _rate_rule(4, "RateByAnyAddress", _by_any_address()),
                *((_long_body_rule(5),) if long_bodies else ()),
            ],
        )
        FIREWALL_WITHOUT_LOGS.accept(firewall)
        wafv2.CfnWebACLAssociation(
            self,
            "Association",
            resource_arn=stage.stage_arn,
            web_acl_arn=firewall.attr_arn,
        )


def _managed_rule(priority: int, name: str, *, counted: Sequence[str] = ()) -> wafv2.CfnWebACL.RuleProperty:
    """A group of AWS's; its `counted` rules label what they find and let it through."""
    count = wafv2.CfnWebACL.RuleActionProperty(count={})
    group = wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS",
        name=name,
        rule_action_overrides=[
            wafv2.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted
        ]
        or None,
    )
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visibility(name),
    )


def _long_body_rule(priority: int) -> wafv2.CfnWebACL.RuleProperty:
    """https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html."""
    statement = wafv2.CfnWebACL.StatementProperty
    labelled = statement(
        label_match_statement=wafv2.CfnWebACL.LabelMatchStatementProperty(scope="LABEL", key=_LONG_BODY_LABEL)
    )
    predicting = statement(
        byte_match_statement=wafv2.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="CONTAINS",
            search_string="/predictions/",
            text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
        )
    )
    elsewhere = statement(not_statement=wafv2.CfnWebACL.NotStatementProperty(statement=predicting))
    return wafv2.CfnWebACL.RuleProperty(
        name="LongBodies",
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=statement(
            and_statement=wafv2.CfnWebACL.AndStatementProperty(statements=[labelled, elsewhere])
        ),
        visibility_config=_visibility("LongBodies"),
    )


def _by_address() -> wafv2.CfnWebACL.RateBasedStatementProperty:
    """Requests that don't come by the website, by the address that they come from."""
    by_the_website = wafv2.CfnWebACL.SizeConstraintStatementProperty(
        field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(single_header={"Name": VISITOR_ADDRESS_HEADER}),
        comparison_operator="GT",
        size=0,
        text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP",
        limit=MOST_REQUESTS_OF_AN_ADDRESS,
        evaluation_window_sec=300,
        scope_down_statement=wafv2.CfnWebACL.StatementProperty(
            not_statement=wafv2.CfnWebACL.NotStatementProperty(
                statement=wafv2.CfnWebACL.StatementProperty(size_constraint_statement=by_the_website)
            )
        ),
    )


def _by_visitor() -> wafv2.CfnWebACL.RateBasedStatementProperty:
    """Requests that come by the website, by the visitor's address."""
    return wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="FORWARDED_IP",
        forwarded_ip_config=wafv2.CfnWebACL.ForwardedIPConfigurationProperty(
            header_name=VISITOR_ADDRESS_HEADER, fallback_behavior="MATCH"
        ),
        limit=MOST_REQUESTS_OF_AN_ADDRESS,
        evaluation_window_sec=300,
    )


def _by_any_address() -> wafv2.CfnWebACL.RateBasedStatementProperty:
    return wafv2.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP", limit=MOST_REQUESTS_OF_ANY_ADDRESS, evaluation_window_sec=300
    )


def _rate_rule(
    priority: int, name: str, rate: wafv2.CfnWebACL.RateBasedStatementProperty
) -> wafv2.CfnWebACL.RuleProperty:
    refusal = wafv2.CfnWebACL.CustomResponseProperty(
        response_code=THROTTLED.status, custom_response_body_key=THROTTLED.code
    )
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(
            block=wafv2.CfnWebACL.BlockActionProperty(custom_response=refusal)
        ),
        statement=wafv2.CfnWebACL.StatementProperty(rate_based_statement=rate),
        visibility_config=_visibility(name),
    )


def _visibility(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )

"""Requests to a REST API are limited: throttling, keys and their plans, and a web ACL's rates."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local.running import Deploy, LocalAws, MakeRole
from tests.local.test_contract_apis import OUTPUTS, api_resources, post

VISIBILITY = {"CloudWatchMetricsEnabled": True, "MetricName": "m", "SampledRequestsEnabled": True}
STAGE_ARN = {"Fn::Sub": "arn:aws:apigateway:us-east-1::/restapis/${Api}/stages/${Stage}"}
MOST_REQUESTS = 10
TOO_MANY = '{"error": "too many requests"}'


def rate_rule(priority: int, statement: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": f"rate{priority}",
        "Priority": priority,
        "Statement": {"RateBasedStatement": {"Limit": MOST_REQUESTS, **statement}},
        "Action": {"Block": response},
        "VisibilityConfig": VISIBILITY,
    }


def firewall_resources(name: str) -> dict[str, Any]:
    """At most ten requests in five minutes without the header x-visitor, ten of each visitor with it."""
    managed = {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
    with_header = {
        "FieldToMatch": {"SingleHeader": {"Name": "x-visitor"}},
        "ComparisonOperator": "GT",
        "Size": 0,
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }
    without_header = {"NotStatement": {"Statement": {"SizeConstraintStatement": with_header}}}
    forwarded = {"HeaderName": "x-visitor", "FallbackBehavior": "MATCH"}
    return {
        "Acl": {
            "Type": "AWS::WAFv2::WebACL",
            "Properties": {
                "Name": name,
                "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "VisibilityConfig": VISIBILITY,
                "CustomResponseBodies": {"TooMany": {"ContentType": "APPLICATION_JSON", "Content": TOO_MANY}},
                "Rules": [
                    {
                        "Name": "managed",
                        "Priority": 0,
                        "Statement": {"ManagedRuleGroupStatement": managed},
                        "OverrideAction": {"None": {}},
                        "VisibilityConfig": VISIBILITY,
                    },
                    rate_rule(1, {"AggregateKeyType": "IP", "ScopeDownStatement": without_header}, {}),
                    rate_rule(
                        2,
                        {"AggregateKeyType": "FORWARDED_IP", "ForwardedIPConfig": forwarded},
                        {"CustomResponse": {"ResponseCode": 429, "CustomResponseBodyKey": "TooMany"}},
                    ),
                ],
            },
        },
        "Association": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Properties": {"ResourceArn": STAGE_ARN, "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}},
        },
    }


def test_a_stage_can_be_protected_by_a_web_acl(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given
    resources, firewall = api_resources(make_role("lambda.amazonaws.com")), firewall_resources(name)
    waf = local_aws.client("wafv2")
    # When
    outputs = deploy(name, {**resources, **firewall}, {"Stage": STAGE_ARN})
    associated = waf.get_web_acl_for_resource(ResourceArn=outputs["Stage"])
    deploy(name, {**resources, "Acl": firewall["Acl"]}, {"Stage": STAGE_ARN})
    # Then
    assert associated["WebACL"]["Name"] == name
    with pytest.raises(waf.exceptions.WAFNonexistentItemException):
        waf.get_web_acl_for_resource(ResourceArn=outputs["Stage"])


def test_a_web_acl_blocks_an_address_that_comes_too_often(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given
    resources = api_resources(make_role("lambda.amazonaws.com"))
    outputs = deploy(name, {**resources, **firewall_resources(name)}, OUTPUTS)
    api = outputs["Api"]
    # When an address, and a visitor by a proxy, come once more than they may
    by_address = [post(local_aws, api) for _ in range(MOST_REQUESTS + 1)]
    by_visitor = [post(local_aws, api, x_visitor="192.0.2.1") for _ in range(MOST_REQUESTS + 1)]
    # Then they are blocked, and another visitor isn't
    assert [status for status, _ in by_address] == [*[200] * MOST_REQUESTS, 403]
    assert json.loads(by_address[-1][1]) == {"message": "Forbidden"}
    assert [status for status, _ in by_visitor] == [*[200] * MOST_REQUESTS, 429]
    assert by_visitor[-1][1] == TOO_MANY
    assert post(local_aws, api, x_visitor="192.0.2.2")[0] == 200
    # and what is blocked is in the access log
    lines = [json.loads(message) for message in local_aws.log_messages(outputs["Log"])]
    assert [line["status"] for line in lines].count("403") == 1
    # When the stage isn't protected any more
    deploy(name, resources, OUTPUTS)
    assert post(local_aws, api)[0] == 200


def usage_plan_resources(**plan: Any) -> dict[str, Any]:
    """A key with a plan for the stage."""
    stages = [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}]
    association = {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}
    return {
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
        "Unplanned": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"ApiStages": stages, **plan}},
        "PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": association},
    }


KEYS = {**OUTPUTS, "Key": {"Ref": "Key"}, "Unplanned": {"Ref": "Unplanned"}}


def keyed_api(role: str, **plan: Any) -> dict[str, Any]:
    resources = {**api_resources(role), **usage_plan_resources(**plan)}
    resources["Method"]["Properties"]["ApiKeyRequired"] = True
    return resources


def test_a_method_that_takes_a_key_refuses_whoever_has_none(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given a key with a plan for the stage, and one without
    gateway = local_aws.client("apigateway")
    outputs = deploy(name, keyed_api(make_role("lambda.amazonaws.com")), KEYS)
    api = outputs["Api"]
    key, unplanned = (
        gateway.get_api_key(apiKey=outputs[each], includeValue=True)["value"] for each in ("Key", "Unplanned")
    )
    # Then
    assert post(local_aws, api, x_api_key=key)[0] == 200
    for headers in ({}, {"x_api_key": "guessed"}, {"x_api_key": unplanned}):
        status, text = post(local_aws, api, **headers)
        assert (status, json.loads(text)) == (403, {"message": "Forbidden"})
    # When the key is disabled
    operations = [{"op": "replace", "path": "/enabled", "value": "false"}]
    gateway.update_api_key(apiKey=outputs["Key"], patchOperations=operations)
    assert post(local_aws, api, x_api_key=key)[0] == 403


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"Throttle": {"RateLimit": 0.001, "BurstLimit": 2}}, "Too Many Requests"),
        ({"Quota": {"Limit": 2, "Period": "DAY"}}, "Limit Exceeded"),
    ],
)
def test_a_key_has_the_limits_of_its_plan(
    local_aws: LocalAws,
    make_role: MakeRole,
    deploy: Deploy,
    name: str,
    plan: dict[str, Any],
    message: str,
) -> None:
    outputs = deploy(name, keyed_api(make_role("lambda.amazonaws.com"), **plan), KEYS)
    described = local_aws.client("apigateway").get_api_key(apiKey=outputs["Key"], includeValue=True)
    answers = [post(local_aws, outputs["Api"], x_api_key=described["value"]) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert json.loads(answers[-1][1]) == {"message": message}


def test_a_throttled_stage_takes_its_rate_after_its_burst(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given two at once, and one more each half second
    limits = {"ThrottlingRateLimit": 2, "ThrottlingBurstLimit": 2}
    setting = {"ResourcePath": "/*", "HttpMethod": "*", **limits}
    resources = api_resources(make_role("lambda.amazonaws.com"), throttling=[setting])
    outputs = deploy(name, resources, OUTPUTS)
    # When
    with ThreadPoolExecutor(max_workers=8) as pool:
        at_once = list(pool.map(lambda _: post(local_aws, outputs["Api"]), range(8)))
    time.sleep(0.6)
    later = post(local_aws, outputs["Api"])
    # Then
    refused = [text for status, text in at_once if status == 429]
    assert refused
    assert {json.loads(text)["message"] for text in refused} == {"Too Many Requests"}
    assert {status for status, _ in at_once} == {200, 429}
    assert later[0] == 200


@pytest.mark.parametrize(("path", "method"), [("/*", "*"), ("/~1items", "POST")])
def test_a_stage_or_method_is_throttled(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str, path: str, method: str
) -> None:
    # Given one request at once, and the next a thousand seconds later
    setting = {
        "ResourcePath": path,
        "HttpMethod": method,
        "ThrottlingRateLimit": 0.001,
        "ThrottlingBurstLimit": 1,
    }
    resources = api_resources(make_role("lambda.amazonaws.com"), throttling=[setting])
    outputs = deploy(name, resources, OUTPUTS)
    # When
    statuses = [post(local_aws, outputs["Api"], '{"entry": [1, 2]}')[0] for _ in range(2)]
    # Then
    assert statuses == [200, 429]

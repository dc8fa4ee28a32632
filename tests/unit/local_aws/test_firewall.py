"""A web ACL's rules: by priority, by how often an address comes, and what they answer."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.firewall.rates import Rates
from local_aws.firewall.requests import NotEvaluated, WebRequest
from local_aws.firewall.statements import matches
from local_aws.firewall.web_acl import Blocked, Firewall

LIMIT = 10
MANAGED = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def request(address: str = "192.0.2.1", **headers: str) -> WebRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebRequest(address, "POST", "/v1/items", "a=1", named, b"body")


def rate(kind: str = "IP", **more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": LIMIT, "AggregateKeyType": kind, **more}}


def forwarded(fallback: str) -> dict[str, Any]:
    return rate("FORWARDED_IP", ForwardedIPConfig={"HeaderName": "X-Visitor", "FallbackBehavior": fallback})


def size(field: dict[str, Any], operator: str, number: int, transformation: str = "NONE") -> dict[str, Any]:
    constraint = {
        "FieldToMatch": field,
        "ComparisonOperator": operator,
        "Size": number,
        "TextTransformations": [{"Priority": 0, "Type": transformation}],
    }
    return {"SizeConstraintStatement": constraint}


def count_of_matches(statement: dict[str, Any], *requests: WebRequest) -> int:
    rates = Rates()
    return sum(matches(statement, each, rates, "rule") for each in requests)


def test_an_address_may_come_as_often_as_the_limit_says_in_a_window() -> None:
    # Given
    clock = Clock()
    rates = Rates(clock)
    # When it comes once more than that within the window
    within = [rates.exceeds("a", LIMIT, 60) for _ in range(LIMIT)]
    over = rates.exceeds("a", LIMIT, 60)
    another = rates.exceeds("b", LIMIT, 60)
    # Then
    assert not any(within)
    assert over
    assert not another
    # When it goes on, then it stays out; when it has been quiet for a window, it may again
    clock.now = 59.0
    assert rates.exceeds("a", LIMIT, 60)
    clock.now = 120.0
    assert not rates.exceeds("a", LIMIT, 60)


def test_a_changed_limit_counts_what_came_before() -> None:
    rates = Rates(Clock())
    for _ in range(LIMIT):
        rates.exceeds("a", LIMIT, 60)
    assert not rates.exceeds("a", 2 * LIMIT, 60)
    assert rates.exceeds("a", LIMIT, 60)


def test_those_who_were_silent_for_longest_are_forgotten_first() -> None:
    rates = Rates(Clock())
    rates.exceeds("first", 1, 60)
    rates.exceeds("second", 1, 60)
    for number in range(9_999):
        rates.exceeds(number, 1, 60)
    assert rates.exceeds("second", 1, 60)
    assert not rates.exceeds("first", 1, 60)


def test_requests_are_counted_by_their_address() -> None:
    requests = [request()] * LIMIT + [request("192.0.2.2")] * LIMIT + [request()]
    assert count_of_matches(rate(), *requests) == 1


def test_requests_are_counted_by_the_address_in_a_header() -> None:
    one, other = request(x_visitor="198.51.100.1, 10.0.0.1"), request(x_visitor="2001:db8::1")
    assert count_of_matches(forwarded("MATCH"), *[one] * LIMIT, *[other] * LIMIT, one) == 1
    assert count_of_matches(forwarded("MATCH"), *[request()] * (LIMIT + 1)) == 0


@pytest.mark.parametrize(("fallback", "matched"), [("MATCH", 1), ("NO_MATCH", 0)])
def test_a_header_without_an_address_falls_back(fallback: str, matched: int) -> None:
    assert count_of_matches(forwarded(fallback), request(x_visitor="nobody")) == matched


def test_requests_outside_the_scope_do_not_count() -> None:
    scope = size({"SingleHeader": {"Name": "X-Api"}}, "GT", 0)
    statement = rate("CONSTANT", ScopeDownStatement=scope)
    assert count_of_matches(statement, *[request()] * 50, *[request(x_api="1")] * LIMIT) == 0
    assert count_of_matches(statement, *[request(x_api="1")] * (LIMIT + 1)) == 1


@pytest.mark.parametrize(
    ("statement", "matched"),
    [
        (size({"Method": {}}, "EQ", 4), True),
        (size({"UriPath": {}}, "LT", 4), False),
        (size({"QueryString": {}}, "GE", 3), True),
        (size({"Body": {}}, "LE", 3), False),
        (size({"SingleHeader": {"Name": "none"}}, "GE", 0), False),
        ({"NotStatement": {"Statement": size({"Method": {}}, "NE", 4)}}, True),
        ({"AndStatement": {"Statements": [size({"Method": {}}, "EQ", n) for n in (4, 5)]}}, False),
        ({"OrStatement": {"Statements": [size({"Method": {}}, "EQ", n) for n in (4, 5)]}}, True),
    ],
)
def test_sizes_and_their_combinations(statement: dict[str, Any], matched: bool) -> None:
    assert matches(statement, request(), Rates(), "rule") is matched


@pytest.mark.parametrize(
    "statement",
    [
        MANAGED,
        {"NotStatement": {"Statement": MANAGED}},
        rate("CUSTOM_KEYS", CustomKeys=[]),
        size({"Cookies": {}}, "EQ", 0),
        size({"Method": {}}, "EQ", 4, "LOWERCASE"),
    ],
)
def test_what_is_not_evaluated_is_named(statement: dict[str, Any]) -> None:
    with pytest.raises(NotEvaluated):
        matches(statement, request(), Rates(), "rule")


ALWAYS = size({"Method": {}}, "EQ", 4)
ALLOW: dict[str, Any] = {"Allow": {}}


def rule(priority: int, action: dict[str, Any], statement: dict[str, Any] = ALWAYS) -> dict[str, Any]:
    return {"Name": f"r{priority}", "Priority": priority, "Statement": statement, "Action": action}


def decide(*rules: dict[str, Any], default: dict[str, Any] = ALLOW) -> Blocked | None:
    bodies = {"no": {"ContentType": "APPLICATION_JSON", "Content": '{"no": 1}'}}
    acl = {"ARN": "a", "Name": "n", "Rules": rules, "DefaultAction": default, "CustomResponseBodies": bodies}
    return Firewall().decide(acl, request())


def test_the_first_rule_that_decides_decides() -> None:
    assert decide(rule(2, {"Block": {}}), rule(1, ALLOW)) is None
    assert decide(rule(1, {"Block": {}}), rule(2, ALLOW)) == Blocked()
    assert decide(rule(1, {"Count": {}}), rule(2, {"Block": {}})) == Blocked()
    assert decide(rule(1, {"Count": {}})) is None
    assert decide(default={"Block": {}}) == Blocked()


def test_a_rule_that_is_not_evaluated_lets_through() -> None:
    managed = {"Name": "m", "Priority": 1, "Statement": MANAGED, "OverrideAction": {"None": {}}}
    assert decide(managed) is None
    assert decide(managed, rule(2, {"Block": {}})) == Blocked()


def test_a_rule_answers_in_its_own_words() -> None:
    response = {
        "ResponseCode": 429,
        "CustomResponseBodyKey": "no",
        "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
    }
    headers = {"Content-Type": "application/json", "Retry-After": "60"}
    assert decide(rule(1, {"Block": {"CustomResponse": response}})) == Blocked(429, headers, b'{"no": 1}')

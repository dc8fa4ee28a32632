"""Whether a request matches a rule's statement.

Evaluated are rate-based statements, size constraints, and `not`, `and`, `or` of these. Every other kind
raises NotEvaluated, so that its rule never matches; managed rule groups, because AWS doesn't publish them.
https://docs.aws.amazon.com/waf/latest/APIReference/API_Statement.html
"""

import ipaddress
import operator
from collections.abc import Mapping
from typing import Any

from local_aws.firewall.rates import Rates
from local_aws.firewall.requests import NotEvaluated, WebRequest, part

_COMPARISONS = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}
_WINDOW_SECONDS = 300


def matches(statement: Mapping[str, Any], request: WebRequest, rates: Rates, rule: str) -> bool:
    """Whether `request` matches; the counts of rate-based statements are kept under the rule's name.

    Raises NotEvaluated.
    """
    ((kind, body),) = statement.items()
    match kind:
        case "NotStatement":
            return not matches(body["Statement"], request, rates, rule)
        case "AndStatement":
            return all(matches(each, request, rates, rule) for each in body["Statements"])
        case "OrStatement":
            return any(matches(each, request, rates, rule) for each in body["Statements"])
        case "SizeConstraintStatement":
            return _has_size(body, request)
        case "RateBasedStatement":
            return _comes_too_often(body, request, rates, rule)
        case _:
            raise NotEvaluated(kind)


def _has_size(body: Mapping[str, Any], request: WebRequest) -> bool:
    if any(each["Type"] != "NONE" for each in body["TextTransformations"]):
        raise NotEvaluated("TextTransformations")
    found = part(request, body["FieldToMatch"])
    return found is not None and _COMPARISONS[body["ComparisonOperator"]](len(found), int(body["Size"]))


def _comes_too_often(body: Mapping[str, Any], request: WebRequest, rates: Rates, rule: str) -> bool:
    scope = body.get("ScopeDownStatement")
    if scope is not None and not matches(scope, request, rates, rule):
        return False
    kind = body["AggregateKeyType"]
    if kind == "FORWARDED_IP":
        forwarded = body["ForwardedIPConfig"]
        listed = request.headers.get(forwarded["HeaderName"].lower())
        if listed is None:
            return False
        key = listed.partition(",")[0].strip()
        if not _is_address(key):
            return bool(forwarded["FallbackBehavior"] == "MATCH")
    elif kind == "IP":
        key = request.address
    elif kind == "CONSTANT":
        key = ""
    else:
        raise NotEvaluated(f"AggregateKeyType {kind}")
    window = float(body.get("EvaluationWindowSec") or _WINDOW_SECONDS)
    return rates.exceeds((rule, key), int(body["Limit"]), window)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

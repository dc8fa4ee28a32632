"""The firewall's rules, evaluated on requests: who is refused, and after how many."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.firewall.requests import WebRequest
from local_aws.firewall.web_acl import Blocked, Firewall
from stacks.constructs.api_firewall import (
    MOST_REQUESTS_OF_AN_ADDRESS,
    MOST_REQUESTS_OF_ANY_ADDRESS,
    VISITOR_ADDRESS_HEADER,
)
from tests.infrastructure.assembly import Assembly


@pytest.fixture
def acl(prod: Assembly) -> dict[str, Any]:
    (found,) = prod.resources("AWS::WAFv2::WebACL")
    return {"ARN": "arn", "Name": "acl", **found.properties}


def request(address: str, visitor: str | None = None) -> WebRequest:
    headers = {VISITOR_ADDRESS_HEADER: visitor} if visitor else {}
    return WebRequest(address, "POST", "/v1/recommendations", "", headers, b"{}")


def refused(blocked: Blocked | None) -> bool:
    return blocked is not None and blocked.status == 429


def test_an_address_that_asks_the_api_too_often_is_refused(acl: dict[str, Any]) -> None:
    firewall = Firewall()
    asked = [firewall.decide(acl, request("192.0.2.1")) for _ in range(MOST_REQUESTS_OF_AN_ADDRESS + 1)]
    assert [refused(answer) for answer in asked].index(True) == MOST_REQUESTS_OF_AN_ADDRESS
    assert firewall.decide(acl, request("192.0.2.2")) is None


def test_a_visitor_of_the_website_is_refused_and_the_others_by_the_same_edge_are_not(
    acl: dict[str, Any],
) -> None:
    firewall, edge = Firewall(), "198.51.100.1"
    visitor = request(edge, "192.0.2.1")
    asked = [firewall.decide(acl, visitor) for _ in range(MOST_REQUESTS_OF_AN_ADDRESS + 1)]
    assert [refused(answer) for answer in asked].index(True) == MOST_REQUESTS_OF_AN_ADDRESS
    assert firewall.decide(acl, request(edge, "192.0.2.2")) is None


def test_who_says_to_be_another_visitor_each_time_is_refused_in_the_end(acl: dict[str, Any]) -> None:
    firewall = Firewall()
    pretended = (
        request("192.0.2.1", f"10.0.{n // 256}.{n % 256}") for n in range(MOST_REQUESTS_OF_ANY_ADDRESS + 1)
    )
    asked = [refused(firewall.decide(acl, each)) for each in pretended]
    assert asked.index(True) == MOST_REQUESTS_OF_ANY_ADDRESS

"""The website: a visitor's browser at the distribution's address, the API behind it."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.chromium import running_chromium
from tests.browser.visitor import ANSWERS, Visitor
from tests.local.platform.deployed import DeployedPlatform, Hosted
from tests.local.test_contract_distributions import request


def test_a_visitor_meets_the_mysfit_that_the_model_recommends(
    platform: DeployedPlatform, served: Hosted
) -> None:
    # Given a model in service
    assert served.endpoint
    # When a visitor takes the quiz at the site's address
    with running_chromium() as browser:
        visitor = Visitor(browser, platform.site_url())
        visitor.take_the_quiz()
        result = visitor.page.locator(".result")
        expect(result).to_be_visible(timeout=60_000)
        met = result.get_attribute("data-mysfit")
        neighbours = visitor.page.locator(".nearest li").count()
        visitor.leave()
    # Then they meet whom the API recommends for these answers, after ten neighbours' votes
    asked = platform.ask(json.dumps({"entry": ANSWERS}).encode())
    assert asked.json() == {"recommendedMysfit": met}
    assert neighbours == 10


def test_details_tell_the_votes_of_the_neighbours(platform: DeployedPlatform, served: Hosted) -> None:
    assert served.endpoint
    answer = platform.ask(path="recommendations?details=true").json()
    # Given the neighbours, the nearest first, and the votes
    neighbours, ranking = answer["details"]["neighbours"], answer["details"]["ranking"]
    distances = [one["distance"] for one in neighbours]
    assert distances == sorted(distances)
    # Then the shares are the neighbours', and the first is the recommended one
    votes = [one["mysfit"] for one in neighbours]
    assert {one["mysfit"]: round(one["share"] * len(votes)) for one in ranking} == {
        mysfit: votes.count(mysfit) for mysfit in votes
    }
    assert ranking[0]["mysfit"] == answer["recommendedMysfit"]


def test_health_is_the_endpoints(platform: DeployedPlatform, served: Hosted) -> None:
    assert served.endpoint
    status, _, body = request(f"{platform.site_url()}api/health")
    assert (status, json.loads(body)) == (200, {"status": "InService"})


def test_what_is_not_there_has_a_page_below_the_site_and_an_error_below_the_api(
    platform: DeployedPlatform,
) -> None:
    missing = request(f"{platform.site_url()}no/such/page")
    unknown = request(f"{platform.site_url()}api/no/such/path")
    assert (missing[0], missing[1]["Content-Type"]) == (404, "text/html")
    assert b"No mysfit lives here" in missing[2]
    assert (unknown[0], json.loads(unknown[2])["error"]["code"]) == (404, "NotFound")

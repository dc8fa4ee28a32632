"""What a visitor sees when there is no mysfit, and how they get one nevertheless."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.site import Answer, Site

ASLEEP = Answer(503, {"error": {"code": "EndpointUnavailable", "message": "x"}}, {"Retry-After": "60"})


def test_a_sleeping_model_is_asked_again_by_itself(visit: Visit, site: Site) -> None:
    # Given an endpoint that isn't in service
    site.answer = ASLEEP
    visitor = visit()
    visitor.page.clock.install()
    visitor.take_the_quiz()
    # Then the page says so, and when it will try again
    visitor.sees_trouble("asleep")
    assert visitor.focused() == ["H1", "The mysfits are asleep"]
    expect(visitor.page.locator(".countdown")).to_have_text("Trying again in 60 seconds")
    # When the endpoint is back by then
    site.answer = Answer()
    visitor.page.clock.run_for(60_000)
    # Then the visitor needs do nothing
    visitor.meets("CoCo")


def test_a_sleeping_model_is_not_asked_forever(visit: Visit, site: Site) -> None:
    site.answer = ASLEEP
    visitor = visit()
    visitor.page.clock.install()
    visitor.take_the_quiz()
    for asked in (1, 2, 3, 4):
        visitor.sees_trouble("asleep")
        assert len(site.entries) == asked
        if asked < 4:
            visitor.page.clock.run_for(60_000)
            visitor.page.wait_for_function(
                "() => document.querySelector('.countdown')?.textContent !== 'Trying again in 1 second'"
            )
    # Then there is only the button left
    expect(visitor.page.locator(".countdown")).to_have_text("")
    site.answer = Answer()
    visitor.page.locator(".trouble .button").click()
    visitor.meets("CoCo")


def test_a_visitor_who_is_offline_goes_on_when_back(visit: Visit, site: Site) -> None:
    # Given a visitor who loses the connection before the last button
    visitor = visit()
    visitor.begin()
    visitor.page.context.set_offline(True)
    visitor.answer_all()
    visitor.sees_trouble("offline")
    assert site.entries == []
    # When the connection is back
    visitor.page.context.set_offline(False)
    # Then the quiz goes on by itself
    visitor.meets("CoCo")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(429, {"error": {}}), "busy"),
        (Answer(504, {"error": {}}), "late"),
        (Answer(502, b"<html>"), "broken"),
        (Answer(200, b"<html>"), "broken"),
        (Answer(200, {"recommendedMysfit": "nobody", "details": {}}), "broken"),
        (Answer(200, {"recommendedMysfit": "4e53920c-505a-4a90-a694-b9300791f0ae"}), "broken"),
    ],
)
def test_each_fault_has_a_face_and_a_way_on(visit: Visit, site: Site, answer: Answer, kind: str) -> None:
    site.answer = answer
    visitor = visit()
    visitor.take_the_quiz()
    visitor.sees_trouble(kind)
    site.answer = Answer()
    visitor.page.locator(".trouble .button").click()
    visitor.meets("CoCo")


def test_refused_answers_are_asked_for_again(visit: Visit, site: Site) -> None:
    site.answer = Answer(400, {"error": {"code": "InvalidRequest", "message": "x"}})
    visitor = visit()
    visitor.take_the_quiz()
    visitor.sees_trouble("refused")
    visitor.page.locator(".trouble .button").click()
    visitor.at_question(1)
    assert visitor.page.locator("input:checked").count() == 0


def test_a_slow_model_is_told(visit: Visit, site: Site) -> None:
    # Given a model that takes its time
    site.answer = Answer(release=threading.Event())
    visitor = visit()
    visitor.page.clock.install()
    visitor.take_the_quiz()
    # Then the page says what it does, and after a while that it takes long
    status = visitor.page.get_by_role("status")
    expect(status).to_have_text("Comparing your answers with those of everyone before you.")
    visitor.page.clock.run_for(5_000)
    expect(status).to_contain_text("longer than usual")
    expect(visitor.page.locator(".waiting .slow")).to_be_visible()
    # And waits for the answer
    assert site.answer.release
    site.answer.release.set()
    visitor.meets("CoCo")


def test_leaving_ends_the_waiting(visit: Visit, site: Site) -> None:
    # Given a visitor who doesn't wait for a slow model
    site.answer = Answer(release=threading.Event())
    visitor = visit()
    visitor.take_the_quiz()
    visitor.page.wait_for_selector(".waiting")
    visitor.page.go_back()
    visitor.at_question(5)
    # When the answer comes after all
    assert site.answer.release
    site.answer.release.set()
    # Then the question stays
    visitor.choose(3)
    visitor.at_question(5)

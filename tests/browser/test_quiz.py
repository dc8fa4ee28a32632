"""The quiz from the first screen to the mysfit, by mouse and by keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.site import Answer, Site, recommendation
from tests.browser.visitor import ANSWERS


def test_a_visitor_meets_a_mysfit(visit: Visit, site: Site) -> None:
    # Given a visitor who takes the quiz
    visitor = visit()
    visitor.take_the_quiz()
    # Then the five answers are sent, in their order, once
    visitor.meets("CoCo")
    assert site.entries == [list(ANSWERS)]
    # And the mysfit is shown with its species, its portrait, and how sure the model was
    page = visitor.page
    expect(page.locator(".species")).to_have_text("Dragon")
    assert page.locator(".introduction img").evaluate("image => image.complete && image.naturalWidth > 0")
    expect(page.locator(".sureness")).to_contain_text("7 of the 10 visitors")
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "70")
    # And so are the runners-up, and the neighbours with their distances
    assert page.locator(".runners-up strong").all_inner_texts() == ["Rujin", "Gary", "Twilight Glitter"]
    assert page.locator(".nearest li").count() == 10
    expect(page.locator(".nearest img").nth(2)).to_have_attribute("alt", "Rujin, distance 1.5")
    # And the screen's heading has the focus, so that it is read
    assert visitor.focused()[0] == "H1"


def test_a_close_call_is_told_as_one(visit: Visit, site: Site) -> None:
    site.answer = Answer(body=recommendation("Hasla", "Nessi", "Hasla", "Cole", "Pauly", "Gary"))
    visitor = visit()
    visitor.take_the_quiz()
    visitor.meets("Hasla")
    expect(visitor.page.locator(".sureness h2")).to_have_text("A close call")


def test_the_keyboard_is_enough(visit: Visit, site: Site) -> None:
    # Given a visitor without a mouse, who skips what is above the quiz
    visitor = visit()
    keys = visitor.page.keyboard
    keys.press("Tab")
    assert visitor.focused() == ["A", "Skip to the quiz"]
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    # When each question is answered with Tab, arrows and Enter
    for number, answer in enumerate(ANSWERS, start=1):
        visitor.at_question(number)
        assert visitor.focused()[0] == "H1"
        keys.press("Tab")
        keys.press("Space")
        for _ in range(answer - 1):
            keys.press("ArrowDown")
        keys.press("Enter")
    # Then they meet the same mysfit
    visitor.meets("CoCo")
    assert site.entries == [list(ANSWERS)]


def test_a_question_needs_an_answer(visit: Visit) -> None:
    visitor = visit()
    visitor.begin()
    visitor.go_on()
    expect(visitor.page.get_by_role("alert")).to_have_text("Choose one answer to go on.")
    assert visitor.focused()[0] == "INPUT"
    visitor.choose(1)
    expect(visitor.page.get_by_role("alert")).to_have_text("")


def test_back_forward_and_reload_lose_nothing(visit: Visit, site: Site) -> None:
    # Given a visitor at the third question
    visitor = visit()
    page = visitor.page
    visitor.begin()
    for number in (1, 2):
        visitor.at_question(number)
        visitor.choose(ANSWERS[number - 1])
        visitor.go_on()
    visitor.at_question(3)
    # When they go back, by the browser and by the page, and forward
    page.go_back()
    visitor.at_question(2)
    page.locator(".question .quiet").click()
    visitor.at_question(1)
    assert page.locator("input:checked").get_attribute("value") == str(ANSWERS[0])
    page.go_forward()
    visitor.at_question(2)
    # And reload
    page.reload()
    visitor.at_question(2)
    # Then the answer is still there, and the quiz goes on
    assert page.locator("input:checked").get_attribute("value") == str(ANSWERS[1])
    visitor.go_on()
    for number in (3, 4, 5):
        visitor.at_question(number)
        visitor.choose(ANSWERS[number - 1])
        visitor.go_on()
    visitor.meets("CoCo")
    # And a mysfit that was met is not asked for again
    page.reload()
    visitor.meets("CoCo")
    assert site.entries == [list(ANSWERS)]


def test_a_changed_answer_is_asked_again_and_a_new_start_forgets(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.take_the_quiz()
    visitor.meets("CoCo")
    # When an answer is changed
    visitor.page.locator(".result .quiet").click()
    visitor.answer_all((3, *ANSWERS[1:]))
    visitor.meets("CoCo")
    # Then the API is asked anew
    assert site.entries == [list(ANSWERS), [3, *ANSWERS[1:]]]
    # And starting again begins with nothing
    visitor.page.locator(".result .button").click()
    visitor.at_question(1)
    assert visitor.page.locator("input:checked").count() == 0


def test_an_address_from_the_middle_leads_to_the_first_missing_answer(visit: Visit) -> None:
    visitor = visit("#question-4")
    visitor.at_question(1)
    assert visitor.page.url.endswith("#question-1")


def test_what_another_page_left_in_the_storage_is_not_trusted(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.evaluate("sessionStorage.setItem('answers', '[1, 99, \"x\", {}, 8, 8, 8]')")
    visitor.page.goto(f"{site.url}#result")
    visitor.page.reload()
    visitor.at_question(2)
    visitor.page.evaluate("sessionStorage.setItem('answers', '{')")
    visitor.page.reload()
    visitor.at_question(1)
    assert site.entries == []

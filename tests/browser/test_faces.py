"""Every screen for visitors with different windows, tastes and languages: accessible, within the window.

The pictures in `.local/screenshots/` are for people to look at.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import Page

from settings.loading import PROJECT_ROOT
from tests.browser.conftest import Visit
from tests.browser.site import WEBSITE, Answer, Site
from tests.browser.visitor import Visitor

SCREENSHOTS = PROJECT_ROOT / ".local" / "screenshots"
AXE = (PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALLEST = {"viewport": {"width": 320, "height": 640}}
VISITORS: dict[str, dict[str, Any]] = {
    "desktop-light-en": {**DESKTOP, "locale": "en-US"},
    "phone-dark-es": {**PHONE, "locale": "es-MX", "color_scheme": "dark"},
    "small-light-pt": {**SMALLEST, "locale": "pt-BR"},
}


class Look:
    """Looks at screen after screen of a visitor, and keeps what is wrong with them."""

    def __init__(self, page: Page, name: str, *, thoroughly: bool) -> None:
        self._page = page
        self._name = name
        self._thoroughly = thoroughly
        self.problems: list[str] = []
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def at(self, screen: str) -> None:
        self._page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
        self._page.screenshot(path=SCREENSHOTS / f"{self._name}-{screen}.png", full_page=True)
        width = self._page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            self.problems.append(f"{screen}: {width[0]} pixels wide in a window of {width[1]}")
        if self._thoroughly:
            self._ask_axe(screen)

    def _ask_axe(self, screen: str) -> None:
        self._page.evaluate(AXE)
        found: list[dict[str, Any]] = self._page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(found => found.violations)", RULES
        )
        self.problems += [
            f"{screen}: {one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes']]}"
            for one in found
        ]


@pytest.mark.parametrize("name", VISITORS)
def test_every_screen_is_accessible_and_fits(visit: Visit, site: Site, name: str) -> None:
    # Given a visitor's window
    visitor = visit(**VISITORS[name])
    assert visitor.page.locator("html").get_attribute("lang") == name[-2:]
    # The smallest window has the phone's layout and the desktop's colours.
    look = Look(visitor.page, name, thoroughly=name != "small-light-pt")
    # When they see every screen there is
    look.at("1-intro")
    _see_the_questions(visitor, look)
    _see_the_waiting_and_the_result(visitor, site, look)
    for kind, status in (("asleep", 503), ("busy", 429), ("late", 504), ("refused", 400), ("broken", 500)):
        site.answer = Answer(status, {}, {"Retry-After": "30"} if status == 503 else {})
        visitor.page.evaluate("sessionStorage.removeItem('recommendation')")
        visitor.page.reload()
        visitor.sees_trouble(kind)
        look.at(f"5-{kind}")
    visitor.page.goto(f"{site.url}404.html")
    look.at("6-missing")
    # Then none is wider than the window, and axe has nothing to say
    assert look.problems == []


def _see_the_questions(visitor: Visitor, look: Look) -> None:
    visitor.begin()
    visitor.go_on()
    look.at("2-question-1-unanswered")
    for number in range(1, 6):
        visitor.at_question(number)
        visitor.choose(number)
        if number in (2, 4):
            look.at(f"2-question-{number}")
        if number < 5:
            visitor.go_on()


def _see_the_waiting_and_the_result(visitor: Visitor, site: Site, look: Look) -> None:
    site.answer = Answer(release=threading.Event())
    visitor.go_on()
    visitor.page.wait_for_selector(".waiting")
    look.at("3-waiting")
    assert site.answer.release
    site.answer.release.set()
    visitor.meets("CoCo")
    look.at("4-result")


def test_the_language_can_be_chosen_and_is_remembered(visit: Visit) -> None:
    # Given a visitor whose language the page doesn't have
    visitor = visit(locale="de-DE")
    page = visitor.page
    assert page.locator("html").get_attribute("lang") == "en"
    visitor.begin()
    visitor.choose(4)
    # When they choose another, in the middle of the quiz
    page.select_option("#language", "pt")
    page.wait_for_selector("html[lang=pt]")
    # Then the question is the same, in that language, and the answer is still there
    visitor.at_question(1)
    assert page.locator("h1").inner_text() == "Há quanto tempo você anda por aqui?"
    assert page.locator("input:checked").get_attribute("value") == "4"
    assert page.title().endswith("Qual mysfit combina com você?")
    # And it is the language from now on
    page.reload()
    page.wait_for_selector("html[lang=pt]")


def test_every_language_says_everything(visit: Visit) -> None:
    # Given the texts of each language, by the names of all that is in them
    shape = """async language => {
        const names = (value, path) => value !== null && typeof value === "object"
            ? Object.entries(value).flatMap(([key, inner]) => names(inner, `${path}.${key}`))
            : [`${path}: ${typeof value}, ${String(value).trim() === "" ? "empty" : "written"}`];
        return names((await import(`/texts/${language}.js`)).default, "");
    }"""
    page = visit().page
    english, spanish, portuguese = (page.evaluate(shape, language) for language in ("en", "es", "pt"))
    # Then they are the same
    assert english == spanish == portuguese
    assert not [name for name in english if name.endswith("empty")]
    assert len([name for name in english if ".mysfits." in name]) == 24


def test_the_page_is_small() -> None:
    assert sum(path.stat().st_size for path in WEBSITE.rglob("*") if path.is_file()) < 100_000


def test_every_file_of_the_page_is_ours_and_asks_nobody_else() -> None:
    for path in WEBSITE.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "://" not in text, path
            assert "style=" not in text, path

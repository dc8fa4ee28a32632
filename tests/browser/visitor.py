"""A visitor: what they do on the page, and what they must never see."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

ANSWERS = (2, 7, 1, 5, 8)
TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)
# The browser itself tells of a status of 400 and above, and of a lost connection.
_TOLD_BY_THE_BROWSER = "Failed to load resource"


class Visitor:
    """A browser window without a past. Attribute: `page`."""

    def __init__(self, browser: Browser, url: str, **settings: Any) -> None:
        self._context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **settings})
        self._context.set_default_timeout(TIMEOUT_MS)
        self.page: Page = self._context.new_page()
        self._faults: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._faults.append(str(error)))
        self.page.goto(url)
        self.page.wait_for_selector("section")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _TOLD_BY_THE_BROWSER not in message.text:
            self._faults.append(message.text)

    def leave(self) -> None:
        """Close the window; nothing may have broken in it."""
        self._context.close()
        assert self._faults == []

    def begin(self) -> None:
        """Go from the first screen to the first question."""
        self.page.locator(".intro .button").click()
        self.at_question(1)

    def at_question(self, number: int) -> None:
        """Wait for a question."""
        self.page.wait_for_selector(f"form[data-question='{number}']")

    def choose(self, answer: int) -> None:
        """Pick an answer, 1 to 8."""
        self.page.locator(".choice").nth(answer - 1).click()

    def go_on(self) -> None:
        """Press the button that leads on."""
        self.page.locator("form .button").click()

    def answer_all(self, answers: Sequence[int] = ANSWERS) -> None:
        """Answer every question from the first on, and ask for the mysfit."""
        for number, answer in enumerate(answers, start=1):
            self.at_question(number)
            self.choose(answer)
            self.go_on()

    def take_the_quiz(self, answers: Sequence[int] = ANSWERS) -> None:
        """From the first screen to the question that is asked of the API."""
        self.begin()
        self.answer_all(answers)

    def meets(self, name: str) -> None:
        """Expect to be introduced to a mysfit."""
        expect(self.page.locator(".introduction h1")).to_contain_text(name)

    def sees_trouble(self, kind: str) -> None:
        """Expect the face of a fault."""
        self.page.wait_for_selector(f".trouble[data-kind='{kind}']")

    def focused(self) -> Any:
        """What has the focus: its tag and its text."""
        return self.page.evaluate(
            "[document.activeElement.tagName, document.activeElement.textContent.trim()]"
        )

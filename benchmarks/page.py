"""What the quiz costs a visitor on a phone: bytes over the wire, and the time until something can be read.

First contentful paint in headless Chromium, with a phone's screen and a processor slowed down, nothing being
cached. The baseline is a page of one word from the same distribution: an empty one would paint no content.
Bytes are what the browser counts, headers and compressed bodies, up to the mysfit's introduction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.deployed import Platform, platform
from benchmarks.measurement import headline, interleaved, result
from tests.browser.chromium import running_chromium

ROUNDS = 15
QUESTIONS = 5
ANSWER = 3
TIMES_SLOWER = 4
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
}
ONE_WORD = "one-word.html"
DOCUMENT = b'<!doctype html><html lang="en"><title>One word</title><p>Hello</p></html>'
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Measure and print."""
    with platform(__doc__) as deployed:
        measure(deployed)


def measure(deployed: Platform) -> None:
    """Measure this platform and print."""
    headline("The quiz on a phone, against a page of one word from the same distribution")
    with one_word_page(deployed) as one_word, running_chromium() as browser:
        taken = interleaved(
            {
                "quiz": lambda: _painted_after(browser, deployed.site_url),
                "one word": lambda: _painted_after(browser, one_word),
            },
            rounds=ROUNDS,
            warm_up=2,
        )
        for name, samples in taken.items():
            result(
                f"{name}, first contentful paint", f"p50 {samples.median:.0f} ms, p99 {samples.p99:.0f} ms"
            )
        result("ratio, p50", f"{taken['quiz'].median / taken['one word'].median:.2f}x")
        for name, url, steps in (
            ("quiz, up to its first screen", deployed.site_url, _only_look),
            ("quiz, up to the introduction", deployed.site_url, _take_the_quiz),
            ("one word", one_word, _only_look),
        ):
            requests, sent = _transferred(browser, url, steps)
            result(name, f"{sent:,} bytes in {requests} requests")


@contextmanager
def one_word_page(deployed: Platform) -> Iterator[str]:
    """Put the page into the bucket of the platform's distribution; it is gone at the end."""
    (distribution,) = deployed.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    origins = distribution["Origins"]["Items"]
    page = next(origin for origin in origins if ".s3." in origin["DomainName"])
    place = {
        "Bucket": page["DomainName"].partition(".s3.")[0],
        "Key": f"{page['OriginPath']}/{ONE_WORD}".lstrip("/"),
    }
    s3 = deployed.client("s3")
    s3.put_object(**place, Body=DOCUMENT, ContentType="text/html; charset=utf-8")
    try:
        yield deployed.site_url + ONE_WORD
    finally:
        s3.delete_object(**place)


@contextmanager
def _visit(browser: Browser, url: str, heard: list[float] | None = None) -> Iterator[Page]:
    """Open an address in a window without a past; `heard` gets the bytes of each request that has ended."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
    if heard is not None:
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: heard.append(event["encodedDataLength"]))
    answer = page.goto(url, wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{url} answered {answer and answer.status}")
    yield page
    context.close()


def _painted_after(browser: Browser, url: str) -> float:
    with _visit(browser, url) as page:
        painted: float = page.wait_for_function(PAINTED).json_value()
        return painted


def _transferred(browser: Browser, url: str, steps: Any) -> tuple[int, int]:
    """How many requests, and bytes, a visit takes."""
    heard: list[float] = []
    with _visit(browser, url, heard) as page:
        steps(page)
        page.wait_for_load_state("networkidle")
    return len(heard), int(sum(heard))


def _only_look(_page: Page) -> None:
    """Do nothing more."""


def _take_the_quiz(page: Page) -> None:
    page.locator(".intro .button").click()
    for number in range(1, QUESTIONS + 1):
        page.wait_for_selector(f"form[data-question='{number}']")
        page.locator(".choice").nth(ANSWER).click()
        page.locator("form .button").click()
    page.wait_for_selector(".introduction h1")


if __name__ == "__main__":
    main()

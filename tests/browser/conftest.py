"""A visitor's browser, the page, and an API that answers what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import running_chromium
from tests.browser.site import Site
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def served() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def site(served: Site) -> Site:
    served.reset()
    return served


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Visit]:
    """Open the page in a browser of the visitor's own, with these settings of Playwright's."""
    visitors: list[Visitor] = []

    def open_page(path: str = "", **settings: Any) -> Visitor:
        visitor = Visitor(chromium, site.url + path, **settings)
        visitors.append(visitor)
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.leave()

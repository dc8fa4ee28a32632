"""Chromium, as the machine has it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A headless Chromium; a machine without one fails the test and is told what to do."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_executable(),
            # Root, as in most containers, has no sandbox; the pages are the project's own.
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()


def _executable() -> str:
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None and os.path.exists(_MAC):  # noqa: PTH110
        found = _MAC
    if found is None:
        pytest.fail(
            "There is no Chromium: install it (`apt-get install chromium`), or name one with CHROMIUM=.",
            pytrace=False,
        )
    return found

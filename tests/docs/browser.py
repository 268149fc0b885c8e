"""A real headless Chromium: the system's, or the one that Playwright has installed."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium: install Debian's chromium, or run playwright install chromium"


@contextmanager
def chromium():
    """A browser, or a skipped test; where CI says that it runs, a missing browser is a failure."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        found = found or playwright.chromium.executable_path
        if not Path(found).exists():
            assert os.environ.get("CI") != "true", MISSING
            pytest.skip(MISSING)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser, address, **options):
    """A page from disk, without a network, in which nothing may go wrong."""
    context = browser.new_context(offline=True, **options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.goto(address)
    yield page
    context.close()
    assert not wrong

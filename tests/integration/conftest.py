"""A browser, for tests of what a reader meets."""

from pathlib import Path

import pytest
from browsing import CHROMIUM, FLAGS, Opened


@pytest.fixture(scope="module")
def browser():
    reason = "playwright is not installed"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def show(browser):
    windows = []

    def opened(path, size=(1500, 900), anchor=""):
        window = browser.new_page(viewport={"width": size[0], "height": size[1]})
        windows.append(window)
        found = Opened(window)
        window.goto(Path(path).resolve().as_uri() + anchor)
        return found

    yield opened
    for window in windows:
        window.close()

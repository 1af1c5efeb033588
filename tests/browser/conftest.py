"""A real Chromium on a real server with the shipped models."""

import pytest

from tests.machine import CHROMIUM, CHROMIUM_FLAGS, need


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium with an empty profile."""
    need(CHROMIUM, "Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, live_server):
    """Open a window on the site; every message of the console that is an error fails the test."""
    contexts, complaints = [], []

    def open_(path: str = "/", **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def window(chromium, live_server):
    """A page that is not there yet, so that a test may stand between it and the server."""
    context = chromium.new_context(base_url=live_server.url)
    yield context.new_page()
    context.close()

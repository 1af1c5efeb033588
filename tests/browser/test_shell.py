"""The frame of the pages in a real Chromium: theme, menus, messages, the folded header."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = "/accounts/sign-in/"
THEME = "document.documentElement.dataset.bsTheme"


def choose_theme(page, value):
    page.click("summary:has-text('Theme')")
    page.click(f"button[name=theme][value={value}]")


def test_the_theme_changes_in_place_and_is_remembered(open_page):
    page = open_page(PAGE)
    page.fill("[name=username]", "typed before")
    with page.expect_response("**/accounts/preferences/"):
        choose_theme(page, "dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.input_value("[name=username]") == "typed before"
    page.reload()
    assert page.evaluate(THEME) == "dark"


def test_without_a_choice_the_system_decides_and_may_change_its_mind(open_page):
    page = open_page(PAGE, color_scheme="dark")
    assert page.evaluate(THEME) == "dark"
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_menu_closes_with_escape_and_gives_the_focus_back(open_page):
    page = open_page(PAGE)
    page.click("summary:has-text('Theme')")
    page.keyboard.press("Escape")
    assert page.locator("[data-menu][open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_refusal_stays_until_it_is_closed(open_page):
    page = open_page(PAGE)
    detail = {"sentence": "This file is not an image we can read.", "kind": "error"}
    page.evaluate("detail => window.dispatchEvent(new CustomEvent('say', { detail }))", detail)
    assert detail["sentence"] in page.inner_text("#messages")
    page.click("#messages button")
    assert page.inner_text("#messages") == ""


def test_on_a_phone_the_header_folds_and_nothing_is_cut_off(open_page):
    page = open_page(PAGE, viewport={"width": 390, "height": 844})
    link = page.locator(".site-nav a").first
    assert not link.is_visible()
    page.click(".navbar-toggler")
    link.wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_theme_and_navigation_still_work(open_page):
    page = open_page(PAGE, java_script_enabled=False, viewport={"width": 390, "height": 844})
    assert page.locator(".site-nav a").first.is_visible()
    choose_theme(page, "dark")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_first_tab_leads_past_the_header(open_page):
    page = open_page("/models/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", [PAGE, "/accounts/sign-up/", "/models/"])
def test_everything_to_press_is_as_tall_as_a_thumb(open_page, path):
    page = open_page(path, viewport={"width": 390, "height": 844})
    page.click(".navbar-toggler")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
        .filter((part) => part.offsetParent && !part.closest("label"))
        .filter((part) => part.getBoundingClientRect().height < 43.5)
        .map((part) => part.outerHTML)"""
    )
    assert small == []

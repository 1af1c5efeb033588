"""The bench on the landing page: one axis, no jumps, patience, and errors that lead out."""

import json

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DEMO = "/?sample=digit-3"
SWEEP = "**/demo/*/sweep/**"
AWAKE = "#bench.is-awake:not(.is-waiting)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """The server lives in this process: what is loaded here need not be waited for in the page."""
    from ml import zoo

    zoo.load("digits-simple").warm()


def wait_for_step(page, n):
    expect(page.locator("#perturbed-epsilon")).to_have_text(f"{n}/255")


def test_the_slider_and_the_curve_share_their_pixels(open_page):
    page = open_page(DEMO)
    page.wait_for_selector(AWAKE)
    script = """() => {
        const range = document.getElementById("epsilon");
        const { left, width } = range.getBoundingClientRect();
        const thumb = parseFloat(getComputedStyle(range).getPropertyValue("--thumb"));
        const line = document.querySelector("#curve .now line").getBoundingClientRect();
        return line.left - (left + thumb / 2 + (range.value / range.max) * (width - thumb)); }"""
    for n in (0, 37, 128):
        page.fill("#epsilon-text", f"{n}/255")
        page.press("#epsilon-text", "Enter")
        wait_for_step(page, n)
        assert page.evaluate(script) == pytest.approx(0, abs=0.6)


def test_nothing_jumps_when_the_sweep_arrives(open_page):
    page = open_page(DEMO)
    page.wait_for_selector(AWAKE)
    shift = page.evaluate(
        """() => new Promise((resolve) => new PerformanceObserver((list) => resolve(
            list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
        )).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => resolve(0), 500))"""
    )
    assert shift < 0.02


def test_the_slider_says_step_class_and_probability(open_page):
    page = open_page(DEMO)
    page.wait_for_selector(AWAKE)
    page.focus("#epsilon")
    page.press("#epsilon", "Home")
    page.press("#epsilon", "ArrowRight")
    wait_for_step(page, 1)
    words = page.get_attribute("#epsilon", "aria-valuetext")
    assert words.startswith("1/255, 3 ")
    assert words.endswith("%")


def test_warming_models_are_waited_for(window):
    asked = []

    def answer(route):
        asked.append(route.request.url)
        if len(asked) == 1:
            headers = {"Retry-After": "1", "Content-Type": "application/json"}
            route.fulfill(status=503, headers=headers, body=json.dumps({"error": "warming"}))
        else:
            route.continue_()

    window.route(SWEEP, answer)
    window.goto(DEMO)
    expect(window.locator("#bench-status")).to_contain_text("warming up")
    window.wait_for_selector(AWAKE)
    assert len(asked) == 2
    assert window.inner_text("#bench-status") == ""


def test_a_failure_says_its_sentence_and_its_request_and_can_be_tried_again(window):
    headers = {"X-Request-ID": "abc123", "Content-Type": "application/json"}
    body = json.dumps({"error": "The weights are damaged."})
    window.route(SWEEP, lambda route: route.fulfill(status=503, headers=headers, body=body))
    window.goto(DEMO)
    window.wait_for_selector("#bench-problem", state="visible")
    assert window.inner_text("#bench-sentence") == "The weights are damaged."
    assert "abc123" in window.inner_text("#bench-request")
    window.unroute(SWEEP)
    window.click("#bench-retry")
    window.wait_for_selector(AWAKE)
    assert not window.is_visible("#bench-problem")


def test_offline_is_said_and_the_slider_goes_on(window):
    window.goto(DEMO)
    window.wait_for_selector(AWAKE)
    window.context.set_offline(True)
    window.fill("#epsilon-text", "200/255")
    window.press("#epsilon-text", "Enter")
    window.wait_for_selector("#bench-problem", state="visible")
    assert "cannot be reached" in window.inner_text("#bench-sentence")
    window.press("#epsilon", "Home")
    wait_for_step(window, 0)


def test_a_digit_tells_the_value_of_the_pixel_under_the_arrow_keys(open_page):
    page = open_page(DEMO)
    page.wait_for_selector(AWAKE)
    page.focus("#original-frame")
    page.keyboard.press("ArrowRight")
    values = page.evaluate(
        """() => { const value = (id) => document.getElementById(id).getContext("2d")
            .getImageData(15, 14, 1, 1).data[0];
            return [value("original-canvas"), value("perturbed-canvas")]; }"""
    )
    assert page.inner_text("#pixel-readout") == f"row 15, column 16: {values[0]} → {values[1]}"


def test_on_a_phone_the_picture_is_held_to_see_the_original(open_page):
    page = open_page(DEMO, **PHONE)
    page.wait_for_selector(AWAKE)
    script = "document.getElementById('board').classList.contains('is-comparing')"
    page.dispatch_event("#perturbed-frame", "pointerdown", {"pointerId": 1})
    assert page.evaluate(script)
    page.dispatch_event("#perturbed-frame", "pointerup", {"pointerId": 1})
    assert not page.evaluate(script)
    page.focus("#compare")
    page.keyboard.press("Enter")
    assert page.evaluate(script)
    assert page.get_attribute("#compare", "aria-pressed") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") == 390

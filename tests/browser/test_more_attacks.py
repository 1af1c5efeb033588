"""More attacks in a real Chromium: chosen, run, watched, cancelled; by keys, without scripts, on a phone."""

import threading

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from experiments.models import Run, Worker
from experiments.services import queue, run_submit
from experiments.worker import Loop
from predictor.models import AdversarialImage
from predictor.samples import SAMPLES
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import image_upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=30_000)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MODEL = "digits-simple"


@pytest.fixture
def ada():
    return User.objects.create_user("ada", password="a-long-pass-phrase")


@pytest.fixture
def three(ada):
    return image_upload(owner=ada, name="three.png", data=SAMPLES["digit-3"].path.read_bytes())


@pytest.fixture
def answer(three):
    """The model is in memory after it, so that no page waits for that."""
    return prediction_get_or_create(image=three, model_name=MODEL)


@pytest.fixture
def visit(open_page, ada, three, answer, live_server):
    """Open the laboratory of the digit as its owner."""

    def visit_(**options):
        client = Client()
        client.force_login(ada)
        page = open_page("/accounts/sign-in/", **options)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"/images/{three.pk}/?model={MODEL}")
        return page

    return visit_


@pytest.fixture
def held(ada, answer):
    """An attack that a worker is in the middle of."""
    asked = {"prediction": str(answer.pk), "attack": "pgd", "epsilon": "0.3", "curve": True}
    run_submit(owner=ada, kind="attack-image", parameters=asked)
    Worker.objects.create(host="here", process=1)
    run = queue.claim()
    queue.progress_write(run=run, done=1, total=8, message="Values of ε tried")
    return run


def work():
    return Loop(threading.Event()).run(until_empty=True)


def focus(page):
    return page.evaluate("document.activeElement.id")


def test_from_the_choice_of_an_attack_to_its_curve_and_its_file(visit):
    page = visit()
    expect(page.locator("#saved-list")).to_contain_text("Nothing saved yet")
    page.evaluate("window.stayed = true")
    page.select_option("#id_more-attack", "bim")
    expect(page.locator("[name=more-option-restarts]")).to_have_count(0)
    page.click(".more-options summary")
    page.fill("[name=more-option-steps]", "3")
    page.fill("#id_more-epsilon", "0.3")
    page.click("#more-run")
    expect(page.locator("#more-runs")).to_contain_text("No worker is running")
    expect(page.locator("[name=more-option-steps]")).to_have_value("3")

    assert work() == 1
    expect(page.locator("#more-runs .run-curve svg")).to_be_visible()
    row = page.locator("#saved-list .saved-row")
    expect(row).to_contain_text("Basic iterative method (BIM)")
    made = AdversarialImage.objects.get()
    assert made.class_name in row.inner_text()
    assert "76/255" in row.inner_text()
    row.locator("summary").click()
    assert "Steps" in row.inner_text()
    expect(page.locator("#more-runs [hx-trigger]")).to_have_count(0)
    assert page.evaluate("window.stayed"), "the page was not loaded anew"
    page.click("text=The whole result")
    expect(page.locator(".run-result .run-curve svg")).to_be_visible()


def test_another_attack_and_another_norm_bring_their_options_and_keep_the_focus(visit):
    page = visit()
    page.fill("#id_more-seed", "7")
    page.focus("#id_more-attack")
    page.select_option("#id_more-attack", "square")
    expect(page.locator("[name=more-option-queries]")).to_have_count(1)
    assert focus(page) == "id_more-attack"
    page.focus("#id_more-norm")
    page.keyboard.press("ArrowDown")
    expect(page.locator("label[for='id_more-epsilon']")).to_contain_text("L2")
    assert focus(page) == "id_more-norm"
    expect(page.locator("#id_more-seed")).to_have_value("7")
    page.select_option("#id_more-attack", "one-pixel")
    expect(page.locator("#id_more-norm")).to_have_count(0)
    expect(page.locator("#id_more-epsilon")).to_have_count(0)


def test_a_wrong_value_is_said_in_place_and_all_that_was_typed_stays(visit):
    page = visit()
    page.click(".more-options summary")
    page.fill("[name=more-option-steps]", "9")
    page.fill("#id_more-epsilon", "7")
    page.focus("#more-run")
    page.keyboard.press("Enter")
    expect(page.locator("#more-form [role=alert]")).to_contain_text("ε must lie between 0 and 1")
    expect(page.locator("[name=more-option-steps]")).to_be_visible()
    assert page.input_value("[name=more-option-steps]") == "9"
    assert page.input_value("#id_more-epsilon") == "7"
    assert focus(page) == "more-run"
    assert not Run.objects.exists()


def test_the_bar_moves_and_the_keyboard_cancels(visit, held):
    page = visit()
    bar = page.locator("#more-runs progress")
    expect(bar).to_have_attribute("value", "1")
    page.focus("#more-runs button")
    queue.progress_write(run=held, done=5, total=8, message="Values of ε tried")
    expect(bar).to_have_attribute("value", "5")
    assert focus(page) == f"cancel-{held.pk.hex}"
    page.keyboard.press("Enter")
    expect(page.locator("#more-runs")).to_contain_text("You ended it before it was done.")
    held.refresh_from_db()
    assert held.state == Run.State.CANCELLED


def test_without_scripts_it_is_chosen_and_run_by_plain_forms(visit):
    page = visit(java_script_enabled=False)
    page.select_option("#id_more-attack", "square")
    page.click("text=Show the options")
    page.fill("[name=more-option-queries]", "20")
    page.fill("#id_more-epsilon", "0.3")
    page.click("#more-run")
    page.wait_for_url("**/experiments/*-*/*")
    run = Run.objects.get()
    assert run.parameters["attack"] == "square"
    assert run.parameters["options"]["queries"] == 20
    work()
    page.click("text=Look again")
    assert page.locator(".run-result").is_visible()


def test_on_a_phone_nothing_is_cut_off_and_all_is_as_tall_as_a_thumb(visit, held):
    page = visit(**PHONE)
    page.click(".more-options summary")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("#more-attacks :is(a, button, select, input, summary)")]
        .filter((part) => part.offsetParent && !["checkbox", "hidden"].includes(part.type))
        .filter((part) => part.getBoundingClientRect().height < 43.5)
        .map((part) => part.outerHTML)"""
    )
    assert small == []

"""Experiments in a real Chromium: asked for, watched, cancelled, read; without scripts, and on a phone."""

import json
import threading

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from experiments.models import Run, Worker
from experiments.services import queue, run_submit
from experiments.worker import Loop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=30_000)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MODEL = "digits-simple"
ASKED = {"model": MODEL, "attack": "fgsm", "epsilon": "0.2", "data": "samples"}


@pytest.fixture
def ada():
    return User.objects.create_user("ada", password="a-long-pass-phrase")


@pytest.fixture
def visit(open_page, ada, live_server):
    """Open a page as somebody who is signed in."""

    def visit_(path, **options):
        client = Client()
        client.force_login(ada)
        page = open_page("/accounts/sign-in/", **options)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(path)
        return page

    return visit_


@pytest.fixture
def held(ada):
    """A run that a worker is in the middle of."""
    run_submit(owner=ada, kind="robustness", parameters=ASKED)
    Worker.objects.create(host="here", process=1)
    run = queue.claim()
    queue.progress_write(run=run, done=1, total=4, message="Pictures attacked")
    return run


def test_from_the_invitation_to_the_figures(visit):
    page = visit("/experiments/", accept_downloads=True)
    page.click(".empty a")
    page.goto(f"{page.url}?model={MODEL}")
    page.select_option("#id_attack", "fgsm")
    expect(page.locator("[name=option-steps]")).to_have_count(0)
    page.select_option("#id_data_set", "samples")
    page.fill("#id_epsilon", "0.2")
    page.click("text=Start")
    page.wait_for_url("**/experiments/*-*/")
    expect(page.locator("#run")).to_contain_text("No worker is running")

    assert Loop(threading.Event()).run(until_empty=True) == 1
    expect(page.locator(".run-result")).to_be_visible()
    (run,) = Run.objects.all()
    assert f"{run.result['robust_right']} / 4" in page.inner_text(".run-result table")
    expect(page.locator("#cancel")).to_have_count(0)
    with page.expect_download() as download:
        page.click("text=Download as JSON")
    assert json.loads(download.value.path().read_text())["result"] == run.result
    page.click("text=All experiments")
    expect(page.locator(".run-row")).to_contain_text("done")


def test_the_bar_moves_and_the_focus_stays_where_it_was(visit, held):
    page = visit(f"/experiments/{held.pk}/")
    expect(page.locator("progress")).to_have_attribute("value", "1")
    page.focus("#cancel")
    queue.progress_write(run=held, done=3, total=4, message="Pictures attacked")
    expect(page.locator("progress")).to_have_attribute("value", "3")
    assert page.evaluate("document.activeElement.id") == "cancel"
    page.keyboard.press("Enter")
    expect(page.locator("#run")).to_contain_text("You ended it before it was done.")
    held.refresh_from_db()
    assert held.state == Run.State.CANCELLED


def test_the_list_follows_by_itself(visit, held):
    page = visit("/experiments/")
    expect(page.locator(".run-row")).to_contain_text("1 of 4")
    queue.hand_back(run=held)
    expect(page.locator(".run-row")).to_contain_text("waiting")


def test_another_attack_brings_its_options_and_keeps_the_focus(visit):
    page = visit("/experiments/new/")
    page.focus("#id_attack")
    page.select_option("#id_attack", "square")
    expect(page.locator("[name=option-queries]")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "id_attack"


def test_without_scripts_it_is_asked_for_and_looked_at_by_links(visit):
    page = visit("/experiments/new/", java_script_enabled=False)
    page.select_option("#id_model", MODEL)
    page.select_option("#id_attack", "square")
    page.click("text=Show the options of this attack")
    page.fill("[name=option-queries]", "5")
    page.select_option("#id_data_set", "samples")
    page.click("text=Start")
    page.wait_for_url("**/experiments/*-*/")
    Loop(threading.Event()).run(until_empty=True)
    page.click("text=Look again")
    assert page.locator(".run-result").is_visible()


@pytest.mark.parametrize("path", ["/experiments/", "/experiments/new/", "/experiments/{}/"])
def test_on_a_phone_nothing_is_cut_off_and_all_is_as_tall_as_a_thumb(visit, held, path):
    page = visit(path.format(held.pk), **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button, main select, main input")]
        .filter((part) => part.offsetParent && !["checkbox", "hidden"].includes(part.type))
        .filter((part) => part.getBoundingClientRect().height < 43.5)
        .map((part) => part.outerHTML)"""
    )
    assert small == []

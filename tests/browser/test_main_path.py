"""The main job in a real Chromium with the shipped models: sign up, upload, slide, save, come back."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ml import compose, images, zoo
from predictor.samples import SAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=30_000)
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
BIKE = SAMPLES["bicycle"].path


def sign_up(page, name="ada"):
    page.goto("/accounts/sign-up/")
    page.fill("[name=username]", name)
    page.fill("[name=password1]", "a-long-secret-9")
    page.fill("[name=password2]", "a-long-secret-9")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/try/")


def upload(page, path):
    page.goto("/try/")
    page.set_input_files("#files", path)
    page.wait_for_url("**/images/**")
    page.wait_for_selector("#epsilon:not([disabled])")


def perturbed_pixels(page):
    """What the canvas of the perturbed picture holds, uint8 (H, W, 3)."""
    values = page.evaluate(
        """() => { const { width, height } = document.getElementById("perturbed-canvas");
        const context = document.getElementById("perturbed-canvas").getContext("2d");
        return [width, height, Array.from(context.getImageData(0, 0, width, height).data)]; }"""
    )
    return np.array(values[2], np.uint8).reshape(values[1], values[0], 4)[..., :3]


def slide_to(page, text):
    page.fill("#epsilon-text", text)
    page.press("#epsilon-text", "Enter")


def percent(page, class_name, column):
    text = page.inner_text(f'[data-bar="{class_name}"] >> td >> nth={column}')
    return float(re.search(r"[\d.,]+", text).group().replace(",", ".")) / 100


def test_the_whole_main_path(open_page, tmp_path):
    model = zoo.load("vehicles")
    seen = images.to_input(images.decode(BIKE.read_bytes()), model.card).image
    sweep = model.sweep(images.to_float(seen), [n / 255 for n in range(65)])

    page = open_page("/", accept_downloads=True)
    sign_up(page)
    upload(page, BIKE)
    assert page.inner_text("[data-place=was]") == "Bike"
    assert percent(page, "Bike", 0) == pytest.approx(sweep.probabilities[0, 0], abs=2e-3)

    # The slider: the picture is the file that would be saved, the bars are the model's answer to it.
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.focus("#epsilon")
    for key, n in (("ArrowRight", 1), ("PageUp", 9), ("ArrowLeft", 8), ("End", 64), ("Home", 0)):
        page.press("#epsilon", key)
        expect(page.locator("#perturbed-epsilon")).to_have_text(f"{n}/255")
        page.wait_for_timeout(60)
        assert np.array_equal(perturbed_pixels(page), compose.perturb(seen, sweep.sign, n)), n
        for label, name in enumerate(model.class_names):
            assert percent(page, name, 1) == pytest.approx(sweep.probabilities[n, label], abs=2e-3)
    assert sweep.flip_steps, "the sample must break within the axis"
    page.press("#epsilon", "f")
    assert page.input_value("#epsilon") == str(sweep.flip_steps)
    assert f"{sweep.flip_steps}/255" in page.inner_text("#flip-sentence")
    assert page.inner_text("[data-place=is]") != "Bike"
    assert requests == [], "moving the slider asks the server for nothing"

    # An exact ε: a decimal is rounded down to whole steps; nonsense is one sentence and changes nothing.
    slide_to(page, "0.0235")
    assert page.input_value("#epsilon") == "5"
    slide_to(page, "abc")
    assert "between 0 and 1" in page.inner_text("#epsilon-note")
    assert page.input_value("#epsilon") == "5"

    # A target.
    page.select_option("#target", "Ship")
    expect(page.locator("#bench")).not_to_have_attribute("aria-busy", "true")
    targeted = model.sweep(images.to_float(seen), [n / 255 for n in range(65)], target=2)
    slide_to(page, "8/255")
    page.wait_for_timeout(60)
    assert np.array_equal(perturbed_pixels(page), compose.perturb(seen, targeted.sign, 8))
    page.select_option("#target", "")
    expect(page.locator("#bench")).not_to_have_attribute("aria-busy", "true")

    # Save, then download the very pixels of the canvas.
    n = max(sweep.flip_steps, 6)
    slide_to(page, f"{n}/255")
    page.wait_for_timeout(60)
    shown = perturbed_pixels(page)
    page.click("#save")
    row = page.wait_for_selector("#saved-list .saved-row")
    assert "verified from the file" in row.inner_text()
    assert f"{n}/255" in row.inner_text()
    with page.expect_download() as download:
        page.click("#saved-list [data-file]")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".png"
    assert np.array_equal(np.asarray(Image.open(file)), shown)
    answer = page.inner_text("[data-place=is]")
    probabilities = [percent(page, name, 1) for name in model.class_names]

    # Uploaded again: same class, same probabilities.
    upload(page, file)
    assert page.inner_text("[data-place=was]") == answer
    for name, before in zip(model.class_names, probabilities, strict=True):
        assert percent(page, name, 0) == pytest.approx(before, abs=1.5e-3)

    # At the photo's own resolution.
    page.go_back()
    upload(page, BIKE)
    slide_to(page, "8/255")
    with page.expect_download() as download:
        page.click("#download-menu summary")
        page.click('[data-download="stored"]')
    own = np.asarray(Image.open(io.BytesIO(download.value.path().read_bytes())))
    original = images.decode(BIKE.read_bytes())
    assert own.shape == original.shape
    assert np.abs(own.astype(int) - original).max() == 8

    # The history has it all, and gives it up.
    page.goto("/history/")
    assert page.locator(".row-item").count() == 3
    page.fill("#q", "fgsm")
    expect(page.locator(".row-item")).to_have_count(1)
    page.go_back()
    expect(page.locator(".row-item")).to_have_count(3)
    expect(page.locator("h1")).to_have_count(1)
    page.fill("#q", "fgsm")
    expect(page.locator(".row-item")).to_have_count(1)
    page.fill("#q", "")
    expect(page.locator(".row-item")).to_have_count(3)
    page.on("dialog", lambda dialog: dialog.accept())
    page.check("#choose-all")
    page.click("#delete-chosen")
    page.wait_for_selector(".empty")


def test_a_digit_is_drawn_and_broken(open_page):
    page = open_page("/")
    sign_up(page)
    page.goto("/try/")
    box = page.locator("#draw-canvas").bounding_box()
    page.locator("#draw-canvas").scroll_into_view_if_needed()
    box = page.locator("#draw-canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.8, steps=12)
    page.mouse.up()
    page.click("#draw-send")
    page.wait_for_url("**/images/**")
    page.wait_for_selector("#epsilon:not([disabled])")
    assert page.inner_text("[data-place=was]") == "1"
    assert page.get_attribute("#epsilon", "max") == "128"
    page.keyboard.press("f")


def test_signed_out_the_landing_page_breaks_a_sample(open_page):
    page = open_page("/")
    page.wait_for_selector("#epsilon:not([disabled])")
    before = page.inner_text("[data-place=was]")
    page.focus("#epsilon")
    page.press("#epsilon", "f")
    page.wait_for_timeout(60)
    assert page.inner_text("[data-place=is]") != before


def test_on_a_phone_the_path_works_and_nothing_overflows(open_page):
    page = open_page("/", **PHONE)
    sign_up(page)
    upload(page, BIKE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    slider = page.locator("#epsilon").bounding_box()
    assert slider["y"] + slider["height"] <= 844, "the slider stays under the thumb"
    slide_to(page, "64/255")
    page.wait_for_timeout(60)
    page.click("#save")
    page.wait_for_selector("#saved-list .saved-row")
    for path in ("/", "/try/", "/history/", "/models/", "/models/vehicles/", "/accounts/profile/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_wrong_file_is_one_sentence_and_the_page_lives_on(open_page, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    page = open_page("/")
    sign_up(page)
    page.goto("/try/")
    page.set_input_files("#files", tmp_path / "notes.jpg")
    page.wait_for_selector("#results .result-error")
    assert page.inner_text("#results .result-error") == images.UNREADABLE
    upload(page, BIKE)


def test_in_french_the_path_speaks_french(open_page):
    page = open_page("/", locale="fr-FR")
    assert page.get_attribute("html", "lang") == "fr"
    sign_up(page)
    upload(page, BIKE)
    assert "Enregistrer" in page.inner_text("#save")


def test_without_javascript_the_main_path_works_by_plain_forms(open_page):
    page = open_page("/", java_script_enabled=False)
    sign_up(page)
    page.goto("/try/")
    page.set_input_files("#files", BIKE)
    page.click("#upload button[type=submit]")
    page.wait_for_url("**/images/**")
    assert "Bike" in page.inner_text("#verdict")
    page.fill("#epsilon-text", "8/255")
    page.click("#save")
    page.wait_for_load_state()
    assert "verified from the file" in page.inner_text("#saved-list")
    page.goto("/history/")
    assert page.locator(".row-item").count() == 1


def test_saves_at_once_are_all_kept_and_a_refused_one_downloads_nothing(window):
    page, downloads = window, []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    sign_up(page)
    upload(page, BIKE)
    for epsilon in ("3/255", "5/255", "7/255"):
        slide_to(page, epsilon)
        page.click("#save")
    expect(page.locator(".saved-row")).to_have_count(3)
    refusal = {"status": 403, "content_type": "text/html", "body": "<main><h1>Not any more.</h1></main>"}
    page.route("**/attacks/", lambda route: route.fulfill(**refusal))
    page.click("#download-menu summary")
    page.click('[data-download="model"]')
    expect(page.locator("#messages")).to_contain_text("Not any more.")
    page.unroute("**/attacks/")
    slide_to(page, "9/255")
    page.click("#download-menu summary")
    with page.expect_download():
        page.click('[data-download="model"]')
    assert [name for name in downloads if "9" in name] == downloads


def test_a_session_that_ended_in_another_window_is_begun_again_on_a_whole_page(open_page):
    page = open_page("/")
    sign_up(page)
    upload(page, BIKE)
    page.goto("/history/")
    page.context.clear_cookies(name="sessionid")
    page.fill("#q", "bike")
    page.wait_for_url("**/accounts/sign-in/?next=/history/**")
    assert page.locator("h1").count() == 1
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", "a-long-secret-9")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/history/**")

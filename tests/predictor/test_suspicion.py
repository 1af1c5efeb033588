"""What a detector says of a picture: kept with every answer, shown beside it, or shown in its place."""

import csv
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Profile
from ml import images
from ml.defences import detection
from ml.defences.detection import ARRAYS, CARD
from ml.errors import Busy
from predictor import detector_figures, detectors, engine
from predictor.models import Prediction
from predictor.services.adversarial import adversarial_create
from predictor.services.export import export_for
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import image_create, pixels_of
from tests.predictor.conftest import DIGIT, PHOTO, png, upload

LOOKS, NO_SIGN, REJECTED = "looks tampered with, score", "no sign of tampering, score", "Rejected: looks"


@pytest.fixture
def rejecting(owner):
    Profile.objects.create(user=owner, when_tampered="reject")


def answer(image, model=DIGIT):
    return prediction_get_or_create(image=image, model_name=model)


def lab(client, image, **query):
    return client.get(reverse("predictor:lab", args=[image.pk]), {"model": DIGIT, **query})


def seen_of(image):
    return images.to_input(pixels_of(image), engine.card(DIGIT))


# Kept


@pytest.mark.usefixtures("watched")
def test_an_answer_keeps_the_score_and_whether_it_reached_the_threshold(digit, tampered):
    clean, spoilt = answer(digit), answer(tampered)
    assert 0 <= clean.suspicion < 0.5 <= spoilt.suspicion <= 1
    assert (clean.tampered, spoilt.tampered) == (False, True)
    clean.refresh_from_db()
    assert clean.versions["detector"] == detectors.watch(DIGIT).detector.card.arrays_sha256[:12]


@pytest.mark.usefixtures("watched")
def test_a_saved_file_keeps_what_the_detector_says_of_that_file(digit):
    row = adversarial_create(image=digit, model_name=DIGIT, epsilon_text="0.2")
    row.refresh_from_db()
    assert row.tampered
    assert row.suspicion > row.prediction.suspicion
    assert {"detector", "tensorflow"} <= set(row.versions)


@pytest.mark.usefixtures("watched")
def test_a_model_without_a_detector_keeps_nothing_and_says_nothing(owner_client, image):
    assert (answer(image, PHOTO).suspicion, answer(image, PHOTO).tampered) == (None, None)
    assert "tamper" not in lab(owner_client, image, model=PHOTO).content.decode()


@pytest.mark.parametrize("harm", ["arrays", "card", "other weights", "unusable"])
def test_a_detector_that_cannot_be_used_is_logged_and_the_answer_still_comes(watched, digit, caplog, harm):
    if harm == "arrays":
        (watched / ARRAYS).write_bytes(b"nothing")
    elif harm == "card":
        (watched / CARD).write_text("{")
    else:
        change = {
            "other weights": {"weights_sha256": "0" * 64},
            "unusable": {"settings": {"squeezes": ["sharp"]}},
        }[harm]
        (watched / CARD).write_text(json.dumps({**json.loads((watched / CARD).read_text()), **change}))
    with caplog.at_level(logging.ERROR, "predictor.detectors"):
        first, second = answer(digit), answer(digit)
    assert first.class_name
    assert (first.suspicion, second.tampered) == (None, None)
    assert len(caplog.records) == 1


def test_an_answer_that_is_older_than_the_detector_gets_its_score_at_the_next_visit(digit, request):
    before = answer(digit)
    assert before.suspicion is None
    request.getfixturevalue("watched")
    after = answer(digit)
    assert after.pk == before.pk
    assert after.tampered is False


def test_a_detector_that_is_trained_anew_is_asked_without_a_restart(watched, digit):
    before = detectors.watch(DIGIT).detector
    arrays = {**before.arrays, "head.centre": before.arrays["head.centre"] + 1}
    written = detection.write(watched, before.card, arrays)
    assert detectors.watch(DIGIT).detector.card == written != before.card
    assert answer(digit).versions["detector"] == written.arrays_sha256[:12]


@pytest.mark.usefixtures("watched")
def test_a_busy_detector_keeps_nobody_from_the_answer(digit, monkeypatch):
    def busy(image):
        raise Busy("Full.")

    with monkeypatch.context() as patch:
        patch.setattr(detectors.watch(DIGIT).batcher, "answer", busy)
        assert answer(digit).suspicion is None
    assert answer(digit).suspicion is not None


@pytest.mark.usefixtures("watched")
def test_many_at_once_get_the_scores_they_would_get_alone(digit, tampered):
    inputs = [seen_of(digit), seen_of(tampered)] * 8
    alone = [detectors.answered(DIGIT, seen)[1].score for seen in inputs]
    with ThreadPoolExecutor(16) as threads:
        together = [found[1].score for found in threads.map(lambda s: detectors.answered(DIGIT, s), inputs)]
    np.testing.assert_allclose(together, alone, atol=1e-4)


@pytest.mark.usefixtures("watched")
def test_the_exports_hold_it(owner, owner_client, digit):
    row = adversarial_create(image=digit, model_name=DIGIT, epsilon_text="0.2")
    records = json.loads(dict(export_for(owner))["images.json"])
    kept = records[0]["predictions"][0]
    assert kept["suspicion"] == row.prediction.suspicion
    assert kept["adversarial_images"][0]["tampered"] is True
    text = b"".join(owner_client.get("/history.csv")).decode().lstrip("\ufeff")
    first, second = csv.DictReader(io.StringIO(text))
    assert first["tampered"] == second["tampered"] == "False"
    assert float(second["adversarial_suspicion"]) == row.suspicion
    assert (first["adversarial_tampered"], second["adversarial_tampered"]) == ("", "True")


# Shown


@pytest.mark.usefixtures("watched")
def test_the_laboratory_says_it_loudly_or_quietly(owner_client, digit, tampered):
    clean, spoilt = lab(owner_client, digit).content.decode(), lab(owner_client, tampered).content.decode()
    assert f"{NO_SIGN} {answer(digit).suspicion:.2f}" in clean
    assert LOOKS not in clean
    assert f"{LOOKS} {answer(tampered).suspicion:.2f}" in spoilt
    assert 'class="suspicion suspicion-note"' in spoilt


@pytest.mark.usefixtures("watched")
def test_saved_rows_and_the_history_say_it_too(owner_client, digit):
    adversarial_create(image=digit, model_name=DIGIT, epsilon_text="0.2")
    saved = lab(owner_client, digit).content.decode().split('id="saved-list"')[1]
    assert LOOKS in saved
    history = owner_client.get("/history/").content.decode()
    assert NO_SIGN in history
    assert "tampered" in history.split('class="row-saved"')[1]


# Rejected


@pytest.mark.usefixtures("watched", "rejecting")
def test_who_rejects_such_pictures_is_shown_no_class_but_may_ask_all_the_same(owner_client, tampered):
    response = lab(owner_client, tampered)
    page = response.content.decode()
    assert f"{REJECTED} tampered with (score {answer(tampered).suspicion:.2f})" in page
    for absent in ("lab-config", 'class="bars"', "data-bar", 'id="attack-form"', "/sweep/"):
        assert absent not in page
    onwards = f"{reverse('predictor:lab', args=[tampered.pk])}?model={DIGIT}&amp;show=1"
    assert onwards in page
    shown = owner_client.get(onwards.replace("&amp;", "&")).content.decode()
    assert "lab-config" in shown
    assert LOOKS in shown


@pytest.mark.usefixtures("watched", "rejecting")
def test_a_picture_without_a_sign_of_tampering_is_answered_as_ever(owner_client, digit):
    assert "lab-config" in lab(owner_client, digit).content.decode()


@pytest.mark.usefixtures("watched")
def test_without_that_setting_the_answer_stands_beside_the_warning(owner_client, tampered):
    page = lab(owner_client, tampered).content.decode()
    assert "lab-config" in page
    assert REJECTED not in page


@pytest.mark.usefixtures("watched", "rejecting")
def test_the_history_and_the_saved_rows_withhold_the_class_as_well(owner_client, digit, tampered):
    Prediction.objects.filter(pk=answer(tampered).pk).update(class_name="withheld")
    row = adversarial_create(image=digit, model_name=DIGIT, epsilon_text="0.2")
    type(row).objects.update(class_name="withheld")
    history = owner_client.get("/history/").content.decode()
    assert REJECTED in history
    assert "withheld" not in history
    saved = lab(owner_client, digit).content.decode().split('id="saved-list"')[1]
    assert REJECTED in saved
    assert "withheld" not in saved
    assert "withheld" in lab(owner_client, digit, show=1).content.decode().split('id="saved-list"')[1]


@pytest.mark.usefixtures("watched", "rejecting")
def test_saving_from_a_page_that_shows_all_the_same_goes_on_showing(owner_client, digit):
    url, page = reverse("predictor:attack_save", args=[digit.pk]), reverse("predictor:lab", args=[digit.pk])
    form = {"model": DIGIT, "epsilon": "0.2"}
    for query, rejected in (("", True), ("&show=1", False)):
        address = f"http://testserver{page}?model={DIGIT}{query}"
        headers = {"HX-Request": "true", "HX-Current-URL": address}
        response = owner_client.post(url, form, headers=headers)
        assert (REJECTED in response.content.decode()) is rejected


@pytest.mark.usefixtures("watched", "rejecting")
def test_the_result_of_an_upload_says_it(owner_client, tampered):
    files = [upload(png(pixels_of(tampered))), upload(b"no image", "notes.txt")]
    page = owner_client.post(reverse("predictor:try"), {"files": files, "model": DIGIT}).content.decode()
    assert REJECTED in page
    assert "&amp;show=1" in page


@pytest.mark.usefixtures("watched", "rejecting")
def test_the_history_takes_no_more_queries_for_more_rejected_pictures(owner_client, owner, tampered):
    def count():
        with CaptureQueriesContext(connection) as captured:
            owner_client.get("/history/")
        return len(captured)

    answer(tampered)
    one = count()
    for place in range(4):
        answer(image_create(owner=owner, name=f"{place}.png", pixels=pixels_of(tampered)))
    assert count() == one


# The setting


def test_warning_is_the_default_and_the_profile_changes_it(owner_client, owner):
    page = owner_client.get("/accounts/profile/").content.decode()
    assert 'name="when_tampered"' in page
    owner_client.post("/accounts/preferences/", {"theme": "dark"})
    assert User.objects.get(pk=owner.pk).profile.when_tampered == "warn"
    owner_client.post("/accounts/preferences/", {"when_tampered": "reject"})
    profile = User.objects.get(pk=owner.pk).profile
    assert (profile.when_tampered, profile.theme) == ("reject", "dark")


def test_a_setting_that_does_not_exist_changes_nothing(owner_client, owner):
    response = owner_client.post("/accounts/preferences/", {"when_tampered": "burn"}, follow=True)
    assert "There is no such choice" in response.content.decode()
    assert not Profile.objects.filter(user=owner).exists()


# The page of the model


@pytest.mark.usefixtures("watched", "db")
def test_the_page_of_the_model_has_the_detectors_figures_the_worst_first(client):
    found = detector_figures.shown(engine.card(DIGIT))
    assert [(row.name, row.bound) for row in found.rows] == [
        ("Carlini & Wagner", "its own smallest"),
        ("Fast gradient sign (FGSM)", "L∞ 0.1"),
        ("Fast gradient sign (FGSM)", "L∞ 0.2"),
        ("Carlini & Wagner", "in a few steps"),
    ]
    page = client.get(f"/models/{DIGIT}/").content.decode()
    assert ">0.7500<" in page
    assert ">0.6100<" in page
    assert ">0.6200<" in page
    assert "4.50" in page
    assert "1.25" in page
    assert "digits that were read from a picture" in page
    assert "21.5" in page
    assert "digits that were turned, moved and zoomed" in page
    assert "The same on digits that were read from a picture" in page
    assert ">0.9123<" in page
    # Only photos are measured with noise.
    assert "test photos with noise" not in page
    assert "By an attacker who knows the detector" in page
    assert f"python manage.py detect FILE --model {DIGIT}" in page
    assert '<figure class="curve"><svg' in page


@pytest.mark.parametrize("change", [None, {"weights_sha256": "0" * 64}, {"surplus": 1}])
def test_a_model_without_a_usable_detector_has_no_such_section(client, db, watched, change):
    text = (watched / CARD).read_text()
    (watched / CARD).unlink()
    if change:
        (watched / CARD).write_text(json.dumps({**json.loads(text), **change}))
    response = client.get(f"/models/{DIGIT}/")
    assert response.status_code == 200
    assert "Tampered pictures" not in response.content.decode()

"""Same image, other model: a table of every model of the domain, which writes nothing."""

import uuid

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Profile
from ml import images, zoo
from ml.defences.certified import certified_radius
from ml.errors import Busy
from predictor import detectors, engine, warming
from predictor.models import Prediction
from predictor.services import others
from predictor.services.predict import prediction_get_or_create
from predictor.services.sweeps import sweep_for
from predictor.services.upload import pixels_of
from tests import tiny_estimators
from tests.predictor.conftest import DIGIT, PHOTO

FOREST = "tiny-random-forest"
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def forests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forests")
    tiny_estimators.make(folder, "random-forest")
    return folder


@pytest.fixture(autouse=True)
def _fresh(forests, monkeypatch):
    """A forest beside the two tiny networks, and nothing remembered of an earlier test."""
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(forests))
    monkeypatch.setattr(others, "_kept", type(others._kept)())


def table(client, image, *, script=True, **query):
    url = reverse("predictor:others", args=[image.pk])
    return client.get(url, {"model": DIGIT, **query}, headers=SCRIPT if script else {})


def row(client, image, name, **query):
    url = reverse("predictor:other", args=[image.pk, name])
    return client.get(url, {"model": DIGIT, **query}, headers=SCRIPT)


def test_the_laboratory_leaves_a_place_for_it_and_a_button_for_who_has_no_script(owner_client, digit):
    page = owner_client.get(reverse("predictor:lab", args=[digit.pk]), {"model": DIGIT}).content.decode()
    place = page.split('id="others"')[1].split("</section>")[0]
    assert 'hx-trigger="revealed"' in place
    assert "needs-no-script" in place


def test_the_table_names_every_model_of_the_domain_marks_the_current_and_asks_row_by_row(owner_client, digit):
    page = table(owner_client, digit).content.decode()
    assert [each["card"].name for each in table(owner_client, digit).context["rows"]] == [DIGIT, FOREST]
    assert page.count('aria-current="true"') == 1
    for name in (DIGIT, FOREST):
        assert f'hx-get="{reverse("predictor:other", args=[digit.pk, name])}?model={DIGIT}"' in page
        assert f"{reverse('predictor:lab', args=[digit.pk])}?model={name}" in page


def test_without_a_script_one_page_has_all_answers(owner_client, digit):
    response = table(owner_client, digit, script=False)
    assert all(each["answer"].class_name for each in response.context["rows"])
    assert "hx-trigger" not in response.content.decode().split("<tbody>")[1]
    assert "no gradient" in response.content.decode()


def test_a_row_says_what_the_laboratory_of_that_model_says(owner_client, digit):
    found = row(owner_client, digit, DIGIT).context["row"]["answer"]
    prediction = prediction_get_or_create(image=digit, model_name=DIGIT)
    axis = engine.card(DIGIT).axis_steps
    assert found.class_name == prediction.class_name
    assert found.confidence == pytest.approx(prediction.confidence, abs=1e-5)
    assert found.flip_steps == sweep_for(prediction=prediction, max_steps=axis).flip_steps
    assert found.searched == axis


def test_what_is_proven_is_the_certificate_of_that_answer(owner_client, digit):
    found = row(owner_client, digit, DIGIT).context["row"]["answer"]
    model = zoo.load(DIGIT)
    seen = images.to_input(pixels_of(digit), model.card)
    batch = images.to_float(seen.image)[None]
    radius = certified_radius(model, batch, [model.label_of(found.class_name)])
    assert found.proven_steps == np.rint(255 * radius[0])


def test_a_model_without_a_gradient_has_no_flip_and_no_proof(owner_client, digit):
    response = row(owner_client, digit, FOREST)
    found = response.context["row"]["answer"]
    assert (found.searched, found.flip_steps, found.proven_steps) == (0, None, None)
    assert "no gradient" in response.content.decode()
    assert "no bounds" in response.content.decode()


def test_looking_around_writes_nothing(owner_client, digit):
    prediction_get_or_create(image=digit, model_name=DIGIT)
    table(owner_client, digit, script=False)
    assert Prediction.objects.get().model_name == DIGIT


def test_a_second_look_asks_no_model(owner_client, digit, monkeypatch):
    first = row(owner_client, digit, DIGIT).context["row"]["answer"]
    monkeypatch.setattr(engine, "answer", None)
    assert row(owner_client, digit, DIGIT).context["row"]["answer"] == first


def test_a_busy_model_leaves_a_row_with_a_sentence_and_a_way_to_try_again(owner_client, digit, monkeypatch):
    def busy(*args):
        raise Busy("Too many requests at once: try again in a few seconds.")

    monkeypatch.setattr(engine, "answer", busy)
    response = row(owner_client, digit, DIGIT)
    assert response.status_code == 200
    assert "try again in a few seconds" in response.content.decode()
    assert "<button" in response.content.decode()


@pytest.fixture
def svm(tmp_path, monkeypatch):
    """In the place of the forest a model that is fitted at first use, with its training data."""
    data = tiny_estimators.data(tmp_path / "data")
    tiny_estimators.make(tmp_path / "zoo", "svm", data=data)
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path / "zoo"))
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATASETS_DIR", str(data))
    monkeypatch.setattr(warming, "_PATIENCE_SECONDS", 60)
    return "tiny-svm"


def test_a_model_that_is_fitted_at_first_use_waits_to_be_asked(owner_client, digit, svm):
    page = table(owner_client, digit).content.decode().split("<tbody>")[1]
    assert page.count('hx-trigger="load"') == 1
    assert "prepared from its training data" in page
    unasked = table(owner_client, digit, script=False).context["rows"]
    assert [each.get("answer") is None for each in unasked] == [False, True]
    asked = table(owner_client, digit, script=False, ask=svm).context["rows"]
    assert asked[1]["answer"].class_name


@pytest.mark.usefixtures("watched")
def test_the_detector_has_its_say(owner_client, digit, tampered):
    assert "no sign of tampering, score" in row(owner_client, digit, DIGIT).content.decode()
    assert "looks tampered with, score" in row(owner_client, tampered, DIGIT).content.decode()


@pytest.mark.usefixtures("watched")
def test_who_rejects_tampered_pictures_is_shown_no_class_here_either(owner_client, owner, tampered):
    Profile.objects.create(user=owner, when_tampered="reject")
    found = row(owner_client, tampered, DIGIT)
    answer = f"<strong>{found.context['row']['answer'].class_name}</strong>"
    assert "Rejected: looks tampered with" in found.content.decode()
    assert answer not in found.content.decode()
    assert answer in row(owner_client, tampered, DIGIT, show=1).content.decode()


def test_a_row_of_somebody_elses_image_or_of_another_domain_is_not_there(
    outsider_client, owner_client, anonymous, digit
):
    assert row(outsider_client, digit, DIGIT).status_code == 404
    assert row(owner_client, digit, PHOTO).status_code == 404
    assert row(owner_client, digit, "nothing").status_code == 404
    url = reverse("predictor:other", args=[uuid.uuid4(), DIGIT])
    assert owner_client.get(url).status_code == 404
    assert row(anonymous, digit, DIGIT)["HX-Redirect"].startswith(reverse("accounts:signin"))
    assert owner_client.post(reverse("predictor:other", args=[digit.pk, DIGIT])).status_code == 405


def test_the_table_takes_as_many_queries_for_one_model_as_for_two(owner_client, digit, tmp_path, monkeypatch):
    def count():
        with CaptureQueriesContext(connection) as captured:
            table(owner_client, digit, script=False)
        return len(captured)

    two = count()
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path))
    assert count() == two


def test_a_detector_that_had_no_time_is_asked_again(owner_client, owner, tampered, watched, monkeypatch):
    Profile.objects.create(user=owner, when_tampered="reject")

    def busy(*arguments):
        raise Busy("busy")

    with monkeypatch.context() as patched:
        patched.setattr(detectors.watch(DIGIT).batcher, "answer", busy)
        row(owner_client, tampered, DIGIT)
    assert "Rejected" in row(owner_client, tampered, DIGIT).content.decode()

"""Models without a gradient on the site: they answer, and say in a sentence why there is no slider."""

import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from ml import zoo
from ml.estimators import first_use
from predictor import engine, warming
from predictor.models import AdversarialImage, Prediction
from tests import tiny_estimators
from tests.predictor.conftest import DIGIT, png, upload

FOREST, SVM = "tiny-random-forest", "tiny-svm"
SENTENCE = "has no gradient, so it cannot be attacked this way"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A zoo with a forest, and an SVM that is fitted at first use from the folder `data` beside it."""
    folder = tmp_path_factory.mktemp("estimators")
    tiny_estimators.make(folder / "zoo", "random-forest")
    tiny_estimators.make(folder / "zoo", "svm", data=tiny_estimators.data(folder / "data"))
    return folder


@pytest.fixture(autouse=True)
def _estimators(folder, tmp_path, monkeypatch):
    """Those models beside the tiny networks; no training data, and nothing in the cache."""
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(folder / "zoo"))
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path / "nothing"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nothing"))
    monkeypatch.setattr(zoo, "_loaded", {})
    monkeypatch.setattr(engine, "_batchers", {})
    monkeypatch.setattr(warming, "_preparing", {})
    monkeypatch.setattr(warming, "_states", {})


def lab(client, image, **query):
    return client.get(reverse("predictor:lab", args=[image.pk]), {"model": FOREST, **query})


def test_an_uploaded_digit_is_answered_by_the_forest(owner_client, digit_pixels):
    data = {"files": upload(png(digit_pixels)), "model": FOREST}
    response = owner_client.post(reverse("predictor:try"), data, follow=True)
    assert response.status_code == 200
    assert Prediction.objects.get().model_name == FOREST
    assert response.context["prediction"].class_name == "3"
    assert sum(bar.probability for bar in response.context["bars"]) == pytest.approx(1, abs=1e-4)


def test_in_place_of_the_slider_stands_the_sentence(owner_client, digit):
    page = lab(owner_client, digit).content.decode()
    assert SENTENCE in page
    for absent in ("lab-config", 'id="epsilon"', "skeleton", 'id="attack-form"', "js/lab/page.js"):
        assert absent not in page
    assert 'id="epsilon"' in lab(owner_client, digit, model=DIGIT).content.decode()


def test_a_typed_epsilon_is_left_alone(owner_client, digit):
    response = lab(owner_client, digit, epsilon="8/255")
    assert (response.status_code, response.context["preview"]) == (200, None)


def test_the_sweep_gives_the_sentence_as_json(owner_client, digit):
    response = owner_client.get(reverse("predictor:sweep", args=[digit.pk]), {"model": FOREST})
    assert response.status_code == 400
    assert SENTENCE in response.json()["error"]


@pytest.mark.parametrize("name", ["sign_file", "preview_file", "difference_file", "curve_csv"])
def test_every_file_that_needs_a_gradient_gives_the_sentence(name, owner_client, digit):
    response = owner_client.get(reverse(f"predictor:{name}", args=[digit.pk]), {"model": FOREST})
    assert response.status_code == 400
    assert SENTENCE in response.content.decode()


def test_saving_an_attack_gives_the_sentence_and_stores_nothing(owner_client, digit):
    response = owner_client.post(
        reverse("predictor:attack_save", args=[digit.pk]), {"model": FOREST, "epsilon": "8/255"}
    )
    assert response.status_code == 400
    assert SENTENCE in response.content.decode()
    assert not AdversarialImage.objects.exists()


def test_an_image_made_with_a_network_can_be_tried_on_the_forest(owner_client, digit):
    form = {"model": DIGIT, "epsilon": "20/255"}
    owner_client.post(reverse("predictor:attack_save", args=[digit.pk]), form)
    made = AdversarialImage.objects.get()
    content = owner_client.get(reverse("predictor:adversarial_file", args=[made.pk])).content
    data = {"files": upload(content), "model": FOREST}
    response = owner_client.post(reverse("predictor:try"), data, follow=True)
    assert response.context["prediction"].model_name == FOREST


def test_models_without_a_gradient_come_last_and_are_never_chosen_for_the_demo():
    assert engine.names()[-2:] == [FOREST, SVM]


def test_the_card_names_no_parameters_and_no_weights_that_are_not_there(anonymous):
    page = anonymous.get(reverse("predictor:model_card", args=[SVM])).content.decode()
    assert "Numbers it keeps" in page
    assert "Way of fitting (SHA-256)" in page
    assert "needs its training data" in page
    assert "Parameters" not in page


def test_without_its_training_data_the_page_says_what_to_set(owner_client, digit):
    response = lab(owner_client, digit, model=SVM)
    assert response.status_code == 400
    assert "DATASETS_DIR" in response.context["problem"]
    assert response.context["problem"] in response.content.decode()


def test_it_is_fitted_once_in_the_background_and_then_answers(owner_client, digit, folder, monkeypatch):
    monkeypatch.setenv("DATASETS_DIR", str(folder / "data"))
    monkeypatch.setattr(warming, "_PATIENCE_SECONDS", 0)
    fits, release, real = [], threading.Event(), first_use.fit

    def slow(*arguments, **options):
        fits.append(arguments[0])
        release.wait(60)
        return real(*arguments, **options)

    monkeypatch.setattr(first_use, "fit", slow)
    assert warming.state()["models"][SVM] == "on demand"
    for _ in range(2):
        response = lab(owner_client, digit, model=SVM)
        assert response.status_code == 503
        assert "being prepared" in response.content.decode()
        assert warming.state()["models"][SVM] == "preparing"
    assert lab(owner_client, digit).status_code == 200  # the others do not wait for it
    release.set()
    warming._preparing[SVM].join(60)
    assert fits == ["svm"]
    response = lab(owner_client, digit, model=SVM)
    assert response.context["prediction"].class_name == "3"
    assert warming.state()["models"][SVM] == "warm"


def test_one_that_waits_for_its_first_use_keeps_the_site_ready(monkeypatch):
    monkeypatch.setattr(warming, "_warm", lambda: None)
    warming.warm_in_background()
    assert SVM not in warming._states
    assert not warming.state()["ready"]
    warming._states.update(dict.fromkeys(warming._states, "warm"))
    assert warming.state()["ready"]


def test_a_preparation_that_fails_is_told_in_a_sentence(owner_client, digit, folder, monkeypatch):
    def broken(*arguments, **options):
        raise MemoryError

    monkeypatch.setenv("DATASETS_DIR", str(folder / "data"))
    monkeypatch.setattr(first_use, "fit", broken)
    response = lab(owner_client, digit, model=SVM)
    assert response.status_code == 503
    assert "could not be prepared" in response.content.decode()


@pytest.fixture
def file(tmp_path, digit_pixels):
    path = tmp_path / "three.png"
    path.write_bytes(png(digit_pixels))
    return path


def test_the_command_perturb_gives_the_sentence(file, tmp_path):
    with pytest.raises(CommandError, match=SENTENCE):
        call_command(
            "perturb", str(file), model=FOREST, epsilon="8/255", output=tmp_path / "out.png", verbosity=0
        )
    assert not (tmp_path / "out.png").exists()


def test_the_command_export_gives_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="is no network"):
        call_command("export", FOREST, output=tmp_path / "x.keras")
    assert not (tmp_path / "x.keras").exists()


def test_the_command_classify_answers(file):
    output = io.StringIO()
    call_command("classify", str(file), "--json", model=FOREST, stdout=output)
    assert json.loads(output.getvalue())["class"] == "3"

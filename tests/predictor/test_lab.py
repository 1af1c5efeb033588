"""The laboratory page, with and without JavaScript."""

import html
import re

import pytest
from django.urls import reverse

from ml.errors import Busy, ModelUnavailable
from predictor import engine, selectors
from predictor.models import Image, Prediction
from predictor.services import predict, upload
from predictor.services.adversarial import adversarial_create
from tests.predictor.conftest import DIGIT, PHOTO


def page(client, image, **query):
    return client.get(reverse("predictor:lab", args=[image.pk]), {"model": PHOTO, **query})


def test_the_first_visit_makes_the_prediction_and_the_second_finds_it(owner_client, image):
    first = page(owner_client, image).context["prediction"]
    second = page(owner_client, image).context["prediction"]
    assert first.pk == second.pk
    assert Prediction.objects.count() == 1


def test_the_prediction_carries_what_it_takes_to_compute_it_again(owner_client, image):
    prediction = page(owner_client, image).context["prediction"]
    assert prediction.weights_sha256 == engine.card(PHOTO).weights_sha256
    assert {"tensorflow", "keras", "epsilon"} <= set(prediction.versions)
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_the_bars_come_in_the_models_order_of_classes(owner_client, image):
    bars = page(owner_client, image).context["bars"]
    assert [bar.class_name for bar in bars] == engine.card(PHOTO).class_names
    assert sum(bar.top for bar in bars) == 1


def test_without_a_model_in_the_address_the_last_one_is_shown(owner_client, image):
    page(owner_client, image, model=DIGIT)
    response = owner_client.get(reverse("predictor:lab", args=[image.pk]))
    assert response.context["card"].name == DIGIT


def test_an_unknown_model_is_refused_in_a_sentence(owner_client, image):
    response = page(owner_client, image, model="nothing")
    assert response.status_code == 400
    assert "nothing" in response.content.decode()


def test_only_photos_have_a_resolution_of_their_own(owner_client, image, digit):
    assert [value for value, _ in page(owner_client, image).context["resolutions"]] == ["model", "stored"]
    response = page(owner_client, digit, model=DIGIT)
    assert [value for value, _ in response.context["resolutions"]] == ["model"]
    assert response.context["can_invert"]


def test_the_answered_class_is_no_target(owner_client, image):
    context = page(owner_client, image).context
    assert context["prediction"].class_name not in context["targets"]
    assert len(context["targets"]) == 2


def test_the_preview_of_the_form_is_composed_by_the_server(owner_client, image):
    preview = page(owner_client, image, epsilon="8/255").context["preview"]
    assert preview["text"] == "8/255"
    assert sum(bar.probability for bar in preview["bars"]) == pytest.approx(1, abs=1e-5)
    for picture in (preview["picture"], preview["difference"]):
        assert owner_client.get(picture)["Content-Type"] == "image/png"


@pytest.mark.parametrize("text", ["abc", "-0.1", "1.1", "nan", "1/0", "inf", "8/255/2"])
def test_a_bad_epsilon_is_answered_on_the_same_page(owner_client, image, text):
    response = page(owner_client, image, epsilon=text)
    assert response.status_code == 400
    assert "between 0 and 1" in response.context["problem"]
    assert response.context["form"]["epsilon"] == text
    assert response.context["prediction"]


@pytest.mark.parametrize("error", [Busy("The queue is full."), ModelUnavailable("The weights are damaged.")])
def test_a_model_that_cannot_answer_leaves_the_page_standing(owner_client, image, monkeypatch, error):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(predict.engine, "answer", refuse)
    response = page(owner_client, image)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert response.context["prediction"] is None
    assert str(error) in response.content.decode()


def test_new_weights_under_the_same_name_give_a_new_answer_and_keep_the_old(owner_client, image, prediction):
    Prediction.objects.update(weights_sha256="0" * 64)
    context = page(owner_client, image).context
    assert context["prediction"].pk != prediction.pk
    assert [(row.pk, row.changed) for row in context["older"]] == [(prediction.pk, True)]


def test_the_truth_can_be_stated_and_taken_back(owner_client, image, prediction):
    url = reverse("predictor:truth", args=[image.pk])
    assert owner_client.post(url, {"true_class": "Ship", "model": PHOTO}).status_code == 302
    image.refresh_from_db()
    assert image.true_class == "Ship"
    owner_client.post(url, {"true_class": ""})
    image.refresh_from_db()
    assert image.true_class == ""


def test_a_truth_stated_beside_another_model_stays_choosable(owner_client, image):
    image.true_class = "Ship"
    image.save()
    assert "Ship" in page(owner_client, image, model=DIGIT).context["classes"]


def test_a_truth_that_no_model_knows_is_refused(owner_client, image):
    response = owner_client.post(reverse("predictor:truth", args=[image.pk]), {"true_class": "Submarine"})
    assert response.status_code == 400
    image.refresh_from_db()
    assert image.true_class == ""


def test_a_wrong_answer_is_told_from_an_unstated_truth(prediction):
    assert prediction.wrong is None
    prediction.image.true_class = prediction.class_name
    assert prediction.wrong is False
    prediction.image.true_class = "something else"
    assert prediction.wrong is True


def test_inverting_makes_a_new_image_and_leaves_the_old(owner_client, digit):
    response = owner_client.post(reverse("predictor:invert", args=[digit.pk]), {"model": DIGIT})
    inverted = Image.objects.exclude(pk=digit.pk).get()
    assert response["Location"] == f"/images/{inverted.pk}/?model={DIGIT}"
    assert (upload.pixels_of(inverted) == 255 - upload.pixels_of(digit)).all()


@pytest.mark.django_db(transaction=True)
def test_a_picture_deleted_while_its_model_answers_is_gone_not_a_fault(owner_client, image, monkeypatch):
    real = engine.answer

    def deleting(*arguments):
        Image.objects.all().delete()
        return real(*arguments)

    monkeypatch.setattr(engine, "answer", deleting)
    response = page(owner_client, image)
    assert response.status_code == 404
    assert "deleted meanwhile" in response.content.decode()


def test_of_many_saved_files_each_can_be_reached(owner_client, image, monkeypatch):
    monkeypatch.setattr(selectors, "SAVED_SHOWN", 2)
    rows = [
        adversarial_create(image=image, model_name=PHOTO, epsilon_text=f"{n}/255") for n in (3, 5, 7, 9, 11)
    ]
    shown, query = [], "?model=" + PHOTO
    while query:
        text = owner_client.get(reverse("predictor:lab", args=[image.pk]) + query).content.decode()
        shown.append([row.epsilon_text for row in rows if row.download_name in text])
        older = re.search(r'rel="next" href="[^"?]+([^"#]+)', text)
        query = html.unescape(older[1]) if older else ""
    assert shown == [["9/255", "11/255"], ["5/255", "7/255"], ["3/255"]]
    beyond = page(owner_client, image, saved=9).content.decode()
    assert rows[-1].download_name in beyond

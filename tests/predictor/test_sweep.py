"""The ε axis: JSON for the slider, a CSV curve, and pictures of signs and differences."""

import base64
import csv
import io

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image as Picture

from ml import compose, images, zoo
from predictor import engine
from predictor.models import Image, Prediction
from predictor.services.upload import pixels_of
from tests.predictor.conftest import DIGIT, PHOTO


def get(client, name, image, **query):
    return client.get(reverse(f"predictor:{name}", args=[image.pk]), {"model": PHOTO, **query})


def unpacked(answer):
    """The sign map, as the browser unpacks it."""
    data = base64.b64decode(answer["sign"])
    count = answer["height"] * answer["width"] * answer["channels"]
    values = [((data[i >> 2] >> (2 * (i & 3))) & 3) - 1 for i in range(count)]
    return np.array(values, np.int8).reshape(answer["height"], answer["width"], answer["channels"])


def seen(image, model=PHOTO):
    return images.to_input(pixels_of(image), engine.card(model)).image


def test_sign_and_image_together_give_the_probabilities_of_the_curve(owner_client, image):
    answer = get(owner_client, "sweep", image).json()
    perturbed = compose.perturb(seen(image), unpacked(answer), 12)
    expected = zoo.load(PHOTO).probabilities(images.to_float(perturbed)[None])[0]
    assert answer["probabilities"][12] == pytest.approx(expected, abs=1e-5)
    assert len(answer["probabilities"]) == len(answer["unsure"]) == answer["max_steps"] + 1


@pytest.mark.parametrize(("model", "axis"), [(PHOTO, 64), (DIGIT, 128)])
def test_the_axis_reaches_as_far_as_its_domain_needs(owner_client, digit, model, axis):
    assert get(owner_client, "sweep", digit, model=model).json()["max_steps"] == axis


def test_an_exact_epsilon_beyond_the_axis_asks_for_more(owner_client, image):
    assert get(owner_client, "sweep", image, max=255).json()["max_steps"] == 255


@pytest.mark.parametrize(
    "steps", ["0", "256", "-1", "abc", "1e9", "9" * 40, "000000001" + "9" * 12, "9" * 5000]
)
def test_a_bad_maximum_is_refused_in_json(owner_client, image, steps):
    url = reverse("predictor:sweep", args=[image.pk])
    response = owner_client.get(url, {"max": steps})
    assert response.status_code == 400
    assert "from 1 to 255" in response.json()["error"]


def test_the_flip_is_the_first_step_with_another_answer_and_is_kept(owner_client, image, prediction):
    answer = get(owner_client, "sweep", image, max=255).json()
    others = [n for n, row in enumerate(answer["probabilities"]) if np.argmax(row) != answer["label"]]
    prediction.refresh_from_db()
    assert answer["flip_steps"] == (others[0] if others else None)
    assert prediction.flip_steps == answer["flip_steps"]
    assert prediction.flip_searched == 255


def test_a_target_turns_the_sweep_towards_it(owner_client, image, prediction):
    target = next(name for name in engine.card(PHOTO).class_names if name != prediction.class_name)
    answer = get(owner_client, "sweep", image, target=target).json()
    index = answer["classes"].index(target)
    assert answer["target"] == index
    assert answer["probabilities"][8][index] > answer["probabilities"][0][index]


def test_the_flip_of_a_target_is_not_taken_for_the_flip_of_the_prediction(owner_client, image, prediction):
    target = next(name for name in engine.card(PHOTO).class_names if name != prediction.class_name)
    get(owner_client, "sweep", image, target=target)
    prediction.refresh_from_db()
    assert prediction.flip_searched == 0


def test_the_class_answered_already_is_no_target(owner_client, image, prediction):
    response = get(owner_client, "sweep", image, target=prediction.class_name)
    assert response.status_code == 400


def test_an_unknown_target_is_refused(owner_client, image):
    assert get(owner_client, "sweep", image, target="Submarine").status_code == 400


def test_the_curve_as_csv_has_a_line_per_step(owner_client, image):
    response = get(owner_client, "curve_csv", image)
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert len(rows) == 65
    assert rows[8]["epsilon_text"] == "8/255"
    assert sum(float(rows[8][name]) for name in ("Bike", "Car", "Ship")) == pytest.approx(1, abs=1e-4)
    assert "red-ship-fgsm-curve.csv" in response["Content-Disposition"]


def test_the_sign_map_as_a_picture_shows_three_levels(owner_client, image):
    picture = np.asarray(Picture.open(io.BytesIO(get(owner_client, "sign_file", image).content)))
    assert picture.shape == (32, 32, 3)
    assert set(np.unique(picture)) <= {0, 128, 255}


def test_the_preview_is_the_composed_picture(owner_client, image):
    answer = get(owner_client, "sweep", image).json()
    content = get(owner_client, "preview_file", image, steps=8).content
    expected = compose.perturb(seen(image), unpacked(answer), 8)
    assert (np.asarray(Picture.open(io.BytesIO(content))) == expected).all()


def test_the_difference_is_amplified_by_the_gain(owner_client, image):
    picture = Picture.open(io.BytesIO(get(owner_client, "difference_file", image, steps=2, gain=20).content))
    assert set(np.unique(np.asarray(picture))) <= {128 - 40, 128 - 20, 128, 128 + 20, 128 + 40}


def test_a_link_with_download_comes_as_an_attachment(owner_client, image):
    response = get(owner_client, "sign_file", image, download="")
    assert response["Content-Disposition"].startswith("attachment")
    assert "red-ship-tiny-photos-sign.png" in response["Content-Disposition"]


def test_a_picture_deleted_meanwhile_says_so(owner_client, image, prediction, monkeypatch):
    real = engine.sweep

    def deleting(*arguments, **options):
        Image.objects.all().delete()
        return real(*arguments, **options)

    monkeypatch.setattr(engine, "sweep", deleting)
    # The sweep itself is still an answer; only its flip has no row to be noted on.
    assert get(owner_client, "sweep", image, max=7).status_code == 200
    assert not Prediction.objects.exists()

"""The kind `attack-image`: a long attack on one stored image, whose file is judged and kept."""

import numpy as np
import pytest
from django.urls import reverse

from accounts.models import Profile
from experiments.kinds import attack_image
from experiments.models import Run
from experiments.services import run_submit
from ml import images, zoo
from ml.errors import EpsilonError, EpsilonRefused
from predictor import storage
from predictor.models import AdversarialImage
from predictor.services.attacked import eight_bits
from predictor.services.deletion import adversarials_delete, images_delete
from predictor.services.predict import prediction_get_or_create
from predictor.services.sweeps import input_of

MODEL = "tiny-digits"
State = Run.State


@pytest.fixture
def prediction(tiny_zoo, digit):
    return prediction_get_or_create(image=digit, model_name=MODEL)


@pytest.fixture
def ask(owner, prediction):
    def ask_(seed=0, **parameters):
        wanted = {"prediction": str(prediction.pk), "attack": "pgd", "epsilon": "60/255", **parameters}
        return run_submit(owner=owner, kind="attack-image", parameters=wanted, seed=seed)

    return ask_


def done(run, work):
    work()
    run.refresh_from_db()
    assert run.state == State.DONE, run.error_text
    return run.result


def moved(row, prediction):
    before = input_of(prediction=prediction, card=zoo.card(MODEL)).astype(int)
    after = images.decode(storage.read(row.file))[..., :1].astype(int)
    return after - before


def test_the_file_is_kept_with_the_images_others_and_its_verdict_is_that_of_the_file(ask, work, prediction):
    result = done(ask(seed=3, options={"steps": 5}), work)
    row = AdversarialImage.objects.get(pk=result["adversarial"])
    assert (row.prediction, row.attack, row.steps, row.seed) == (prediction, "pgd", 60, 3)
    assert row.parameters["options"]["steps"] == 5
    change = moved(row, prediction)
    assert 0 < np.abs(change).max() <= 60
    pixels = images.decode(storage.read(row.file))
    verdict = zoo.load(MODEL).answer(images.to_input(pixels, zoo.card(MODEL)))
    assert (row.class_name, result["after"]["class"]) == (verdict.class_name, verdict.class_name)
    assert row.confidence == pytest.approx(verdict.confidence, abs=1e-5)
    assert result["success"] == (verdict.class_name != prediction.class_name)
    assert result["questions"] >= 5
    assert row.linf == pytest.approx(np.abs(change).max() / 255)


def test_a_target_is_headed_for(ask, work, prediction):
    target = next(name for name in zoo.card(MODEL).class_names if name != prediction.class_name)
    result = done(ask(target=target, epsilon="0.9"), work)
    assert AdversarialImage.objects.get(pk=result["adversarial"]).target == target
    assert result["success"] == (result["after"]["class"] == target)


def test_in_l2_the_file_stays_within_the_length(ask, work, prediction):
    result = done(ask(norm="l2", epsilon="1.5", options={"steps": 5}), work)
    row = AdversarialImage.objects.get(pk=result["adversarial"])
    change = moved(row, prediction)
    assert 0 < np.sqrt((change**2).sum()) / 255 <= 1.5 + 1e-6
    assert row.steps == np.abs(change).max()


def test_an_attack_that_looks_for_the_smallest_change_needs_no_epsilon(ask, work):
    result = done(ask(attack="deepfool", epsilon=""), work)
    row = AdversarialImage.objects.get(pk=result["adversarial"])
    assert row.parameters["epsilon"] is None
    assert row.epsilon_asked == row.steps / 255


def test_asked_again_with_other_options_the_new_file_takes_the_place_of_the_old(ask, work):
    first = done(ask(options={"steps": 2}), work)
    second = done(ask(options={"steps": 4}), work)
    (row,) = AdversarialImage.objects.all()
    assert str(row.pk) == second["adversarial"] != first["adversarial"]


def test_an_attack_that_finds_nothing_stores_nothing(ask, work, monkeypatch):
    monkeypatch.setattr("ml.attacks.PGD.run", lambda self, problem: problem.batch.copy())
    result = done(ask(), work)
    assert (result["adversarial"], result["success"]) == (None, False)
    assert not AdversarialImage.objects.exists()


def test_a_deleted_file_is_not_shown_and_a_deleted_image_takes_its_runs_along(ask, work, digit):
    run = ask()
    done(run, work)
    assert attack_image.KIND.shown(run)["adversarial"]
    adversarials_delete(adversarials=AdversarialImage.objects.all())
    assert attack_image.KIND.shown(run)["adversarial"] is None
    images_delete(images=type(digit).objects.filter(pk=digit.pk))
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"prediction": "7"}, "no such answer"),
        ({"prediction": None}, "no such answer"),
        ({"epsilon": "0.001"}, "below 1/255"),
        ({"epsilon": "7"}, "between 0 and 1"),
        ({"target": "Submarine"}, "no class “Submarine”"),
        ({"attack": "magic"}, "no attack magic"),
        ({"data": "mnist"}, "no parameter “data”"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_waits(ask, parameters, words):
    with pytest.raises(EpsilonError, match=words):
        ask(**parameters)


def test_the_answer_already_given_is_no_target(ask, prediction):
    with pytest.raises(EpsilonError, match="already"):
        ask(target=prediction.class_name)


def test_somebody_elses_answer_does_not_exist(outsider, prediction):
    with pytest.raises(EpsilonError, match="no such answer"):
        run_submit(
            owner=outsider,
            kind="attack-image",
            parameters={"prediction": str(prediction.pk), "attack": "pgd", "epsilon": "0.1"},
        )


def test_an_answer_of_other_weights_is_not_attacked(ask, prediction):
    type(prediction).objects.update(weights_sha256="0" * 64)
    with pytest.raises(EpsilonError, match="has changed"):
        ask()


def test_values_go_to_the_nearest_step_that_stays_within_epsilon():
    seen = np.full((1, 2, 1), 100, np.uint8)
    found = np.array([[[107.4], [92.6]]], np.float32) / 255
    assert eight_bits(seen, found, "linf", None).ravel().tolist() == [107, 93]
    assert eight_bits(seen, found, "linf", 5 / 255).ravel().tolist() == [105, 95]
    length = np.sqrt(2 * 7.6**2) / 255
    far = np.array([[[107.6], [92.4]]], np.float32) / 255
    assert eight_bits(seen, far, "l2", length).ravel().tolist() == [107, 93]


def test_a_change_below_one_step_is_refused_before_it_waits(ask):
    with pytest.raises(EpsilonRefused):
        ask(epsilon="0.5/255")


def test_who_rejects_tampered_pictures_is_shown_no_class_of_one(ask, work, owner, owner_client):
    run = ask(epsilon="0.9")
    reached = done(run, work)["after"]["class"]
    run.result["after"]["tampered"] = True
    run.save()
    Profile.objects.create(user=owner, when_tampered="reject")
    address = reverse("experiments:run", args=[run.pk])
    shown = f"<strong>{reached}</strong>"
    for text in (
        owner_client.get(address).content.decode(),
        owner_client.get("/experiments/").content.decode(),
    ):
        assert shown not in text
        assert f"→ {reached}" not in text
    assert shown in owner_client.get(address, {"show": 1}).content.decode()

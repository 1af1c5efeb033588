"""Saving: the file is the one that was judged, and uploaded again it gets the same answer."""

import errno

import numpy as np
import pytest
from django.core.files.storage import FileSystemStorage
from django.urls import reverse

from ml import images
from ml.distances import between
from predictor import engine, selectors, storage
from predictor.models import AdversarialImage, Image, Prediction
from predictor.services import adversarial as service
from predictor.services.upload import pixels_of
from tests.predictor.conftest import DIGIT, PHOTO, picture_bytes, stored_files, upload


def save(client, image, **form):
    headers = {"hx-request": "true"} if form.pop("htmx", False) else {}
    url = reverse("predictor:attack_save", args=[image.pk])
    return client.post(url, {"model": PHOTO, "epsilon": "8/255", **form}, headers=headers)


@pytest.mark.parametrize(
    ("fixture", "model", "resolution"),
    [("image", PHOTO, "model"), ("image", PHOTO, "stored"), ("digit", DIGIT, "model")],
)
@pytest.mark.parametrize("epsilon", ["3/255", "0.06", "40/255"])
def test_a_download_uploaded_again_gets_the_same_answer(
    owner_client, request, fixture, model, resolution, epsilon
):
    image = request.getfixturevalue(fixture)
    response = save(owner_client, image, model=model, resolution=resolution, epsilon=epsilon, then="download")
    file = owner_client.get(response["Location"])
    owner_client.post("/try/", {"files": [upload(file.content)], "model": model})
    row = AdversarialImage.objects.get()
    again = Prediction.objects.exclude(image=image).get()
    assert again.class_name == row.class_name
    for name, probability in row.probabilities.items():
        assert again.probabilities[name] == pytest.approx(probability, abs=1e-3)


@pytest.mark.parametrize(("resolution", "size"), [("model", (32, 32)), ("stored", (64, 48))])
def test_the_file_has_the_resolution_that_was_asked(owner_client, image, resolution, size):
    save(owner_client, image, resolution=resolution)
    row = AdversarialImage.objects.get()
    assert (row.width, row.height) == size
    assert images.decode(storage.read(row.file)).shape[:2] == size[::-1]


@pytest.mark.parametrize("resolution", ["model", "stored"])
def test_the_file_never_leaves_the_ball_and_its_distances_are_those_of_the_file(
    owner_client, image, resolution
):
    save(owner_client, image, resolution=resolution, epsilon="5/255")
    row = AdversarialImage.objects.get()
    after = images.decode(storage.read(row.file))
    stored = pixels_of(image)
    before = stored if resolution == "stored" else images.to_input(stored, engine.card(PHOTO)).image
    assert np.abs(after.astype(int) - before.astype(int)).max() == 5
    measured = between(before, after)
    assert (row.linf, row.l2, row.psnr, row.ssim) == pytest.approx(
        (measured.linf, measured.l2, measured.psnr, measured.ssim)
    )


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 700)])
@pytest.mark.parametrize("resolution", ["model", "stored"])
def test_the_strangest_sizes_can_be_attacked_too(owner_client, size, resolution):
    owner_client.post("/try/", {"files": [upload(picture_bytes(size=size))], "model": PHOTO})
    assert save(owner_client, Image.objects.get(), resolution=resolution).status_code == 302
    row = AdversarialImage.objects.get()
    assert -1 <= row.ssim <= 1


def test_a_picture_without_ink_can_be_attacked_too(owner_client):
    owner_client.post("/try/", {"files": [upload(picture_bytes(size=(60, 60)))], "model": DIGIT})
    assert save(owner_client, Image.objects.get(), model=DIGIT).status_code == 302
    assert owner_client.get("/history.csv").status_code == 200


def test_epsilon_asked_and_epsilon_written_are_both_kept(owner_client, image):
    save(owner_client, image, epsilon="0,0235")
    row = AdversarialImage.objects.get()
    assert row.epsilon_asked == 0.0235
    assert row.epsilon_text == "5/255"


@pytest.mark.parametrize("resolution", ["model", "stored"])
def test_the_flip_at_each_resolution_is_where_the_file_is_answered_otherwise(
    owner_client, image, prediction, resolution
):
    save(owner_client, image, resolution=resolution, epsilon="64/255")
    row = AdversarialImage.objects.get()
    if row.flip_steps is None:
        pytest.skip("this tiny network stood the whole axis")
    for steps, changed in ((row.flip_steps, True), (row.flip_steps - 1, False)):
        if steps:
            save(owner_client, image, resolution=resolution, epsilon=f"{steps}/255")
            at = AdversarialImage.objects.get(steps=steps, resolution=resolution)
            assert (at.class_name != prediction.class_name) is changed


@pytest.mark.parametrize(
    ("epsilon", "words"),
    [
        ("abc", "between 0 and 1"),
        ("-0.1", "between 0 and 1"),
        ("1.01", "between 0 and 1"),
        ("nan", "between 0 and 1"),
        ("", "between 0 and 1"),
        ("0", "below 1/255"),
        ("0.003", "below 1/255"),
    ],
)
def test_a_bad_epsilon_is_refused_in_one_sentence_and_stores_nothing(owner_client, image, epsilon, words):
    response = save(owner_client, image, epsilon=epsilon)
    assert response.status_code == 400
    assert words in response.context["problem"]
    assert response.context["form"]["epsilon"] == epsilon
    assert AdversarialImage.objects.count() == 0


def test_the_whole_range_may_be_used(owner_client, image):
    assert save(owner_client, image, epsilon="1").status_code == 302
    assert AdversarialImage.objects.get().steps == 255


def test_a_target_is_kept_with_the_file(owner_client, image, prediction):
    target = next(name for name in engine.card(PHOTO).class_names if name != prediction.class_name)
    save(owner_client, image, target=target)
    row = AdversarialImage.objects.get()
    assert row.target == target
    assert row.download_name == f"red-ship-fgsm-to-{target.lower()}-8-255.png"


def test_the_class_answered_already_is_refused_as_a_target(owner_client, image, prediction):
    response = save(owner_client, image, target=prediction.class_name)
    assert response.status_code == 400
    assert "already" in response.context["problem"]


@pytest.mark.parametrize(
    "form", [{"target": "Submarine"}, {"resolution": "huge"}, {"model": "nothing"}, {"model": "../x"}]
)
def test_an_unknown_choice_is_refused(owner_client, image, form):
    assert save(owner_client, image, **form).status_code == 400
    assert AdversarialImage.objects.count() == 0


def test_a_digit_has_no_resolution_of_its_own(owner_client, digit):
    response = save(owner_client, digit, model=DIGIT, resolution="stored")
    assert response.status_code == 400


def test_the_same_request_twice_gives_one_row_and_one_file(owner_client, image):
    save(owner_client, image)
    files = stored_files()
    save(owner_client, image, epsilon="0.0314")
    assert AdversarialImage.objects.count() == 1
    assert sorted(stored_files()) == sorted(files)


def test_two_equal_requests_at_once_share_the_first_ones_row(owner_client, image, monkeypatch):
    real = service.written

    def overtaken(*args):
        monkeypatch.setattr(service, "written", real)
        service.adversarial_create(image=image, model_name=PHOTO, epsilon_text="8/255")
        return real(*args)

    monkeypatch.setattr(service, "written", overtaken)
    row = service.adversarial_create(image=image, model_name=PHOTO, epsilon_text="8/255")
    assert AdversarialImage.objects.get() == row
    assert len(stored_files()) == 4


def test_a_full_disk_leaves_no_row_and_no_file(owner_client, image, prediction, monkeypatch):
    before = stored_files()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    assert "no room left" in save(owner_client, image).context["problem"]
    assert AdversarialImage.objects.count() == 0
    assert stored_files() == before


def test_htmx_gets_the_saved_rows(owner_client, image):
    response = save(owner_client, image, htmx=True)
    assert response.status_code == 200
    assert response.context["just_saved"] == AdversarialImage.objects.get()
    assert "<html" not in response.content.decode()


def test_htmx_gets_the_sentence_beside_the_rows(owner_client, image):
    response = save(owner_client, image, htmx=True, epsilon="abc")
    assert response.status_code == 200
    assert "between 0 and 1" in response.content.decode()


def test_a_plain_form_comes_back_to_the_laboratory(owner_client, image):
    assert save(owner_client, image)["Location"] == f"/images/{image.pk}/?model={PHOTO}#saved"


def test_an_adversarial_image_can_be_deleted_alone(
    owner_client, image, adversarial, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        owner_client.post(reverse("predictor:adversarial_delete", args=[adversarial.pk]))
    assert AdversarialImage.objects.count() == 0
    assert Image.objects.count() == 1
    assert len(stored_files()) == 2


@pytest.mark.parametrize(
    ("truth", "before", "after", "outcome"),
    [
        ("", "Car", "Ship", "changed"),
        ("", "Car", "Car", "unchanged"),
        ("Car", "Car", "Ship", "fooled"),
        ("Car", "Car", "Car", "held"),
        ("Ship", "Car", "Ship", "wrong-already"),
        ("Bike", "Car", "Car", "wrong-already"),
    ],
)
def test_a_model_that_was_wrong_before_was_not_fooled(truth, before, after, outcome):
    from predictor.outcome import outcome_of

    assert outcome_of(truth=truth, before=before, after=after) == outcome


def test_what_was_saved_long_ago_comes_first_when_it_is_saved_again(owner_client, image, monkeypatch):
    monkeypatch.setattr(selectors, "SAVED_SHOWN", 2)
    for epsilon in ("8/255", "9/255", "10/255"):
        save(owner_client, image, epsilon=epsilon)
    page = save(owner_client, image, epsilon="8/255", htmx=True).content.decode()
    first = page.split("<li")[1]
    assert "data-just-saved" in first
    assert "8/255" in first
    assert AdversarialImage.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_picture_deleted_while_it_is_attacked_is_one_sentence(owner_client, image, prediction, monkeypatch):
    real = service.store

    def deleting(*arguments):
        Image.objects.all().delete()
        return real(*arguments)

    monkeypatch.setattr(service, "store", deleting)
    assert "deleted meanwhile" in save(owner_client, image, htmx=True).content.decode()

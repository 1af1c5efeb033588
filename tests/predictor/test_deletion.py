"""Deleting takes files along, once the rows are gone for good; before that, all can be exported."""

import json

from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.urls import reverse

from predictor.models import AdversarialImage, Image, Prediction
from predictor.services import deletion, export_for, owner_delete
from predictor.services.upload import image_create
from tests.predictor.conftest import stored_files


def test_an_image_goes_with_all_that_hangs_on_it(
    owner_client, image, adversarial, django_capture_on_commit_callbacks
):
    assert len(stored_files()) == 4
    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(reverse("predictor:image_delete", args=[image.pk]))
    assert response["Location"] == "/history/"
    assert [model.objects.count() for model in (Image, Prediction, AdversarialImage)] == [0, 0, 0]
    assert stored_files() == []


def test_a_deletion_that_is_rolled_back_keeps_rows_and_files(
    image, adversarial, owner, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        owner_delete(user=owner)
        transaction.set_rollback(True)
    assert Image.objects.count() == 1
    assert len(stored_files()) == 4


def test_everything_of_one_person_goes_and_nothing_of_another(
    owner, outsider, image, adversarial, photo_pixels, django_capture_on_commit_callbacks
):
    other = image_create(owner=outsider, name="mine", pixels=photo_pixels)
    with django_capture_on_commit_callbacks(execute=True):
        assert owner_delete(user=owner) == 1
    assert list(Image.objects.all()) == [other]
    assert len(stored_files()) == 2


def test_a_file_that_cannot_be_deleted_does_not_keep_the_others(
    image, adversarial, owner, monkeypatch, django_capture_on_commit_callbacks
):
    real = FileSystemStorage.delete

    def refuse_one(storage, key):
        if key == adversarial.file:
            raise PermissionError
        real(storage, key)

    monkeypatch.setattr(FileSystemStorage, "delete", refuse_one)
    with django_capture_on_commit_callbacks(execute=True):
        owner_delete(user=owner)
    assert len(stored_files()) == 1


def test_a_prediction_deleted_alone_leaves_its_image(adversarial, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        deletion.predictions_delete(predictions=Prediction.objects.all())
    assert Image.objects.count() == 1
    assert len(stored_files()) == 2


def test_the_export_holds_every_record_and_every_picture(owner, image, adversarial):
    content = dict(export_for(owner))
    (record,) = json.loads(content["images.json"])
    (prediction,) = record["predictions"]
    (made,) = prediction["adversarial_images"]
    assert made["steps"] == 8
    assert set(content) == {"images.json", record["file"], made["file"]}
    assert content[made["file"]].startswith(b"\x89PNG")


def test_the_export_holds_nothing_of_anybody_else(outsider, image, adversarial):
    assert dict(export_for(outsider)) == {"images.json": b"[]"}

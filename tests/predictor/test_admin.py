"""The administration: records to look at, with thumbnails and counts; deleting takes the files along."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from predictor.models import AdversarialImage, Image, Prediction
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import image_create
from tests.predictor.conftest import PHOTO, stored_files

LISTS = ["auth_user", "predictor_image", "predictor_prediction", "predictor_adversarialimage"]


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a-long-pass-phrase"))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_a_list_can_be_seen_and_searched(staff, adversarial, name):
    url = reverse(f"admin:{name}_changelist")
    assert staff.get(url).status_code == 200
    assert staff.get(url, {"q": "owner"}).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_the_number_of_queries_does_not_grow_with_rows(staff, owner, photo_pixels, name, adversarial):
    url = reverse(f"admin:{name}_changelist")
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    for n in range(4):
        image = image_create(owner=User.objects.create_user(f"user{n}"), name=f"{n}.png", pixels=photo_pixels)
        prediction_get_or_create(image=image, model_name=PHOTO)
    with CaptureQueriesContext(connection) as many:
        staff.get(url)
    assert len(many) == len(few)


def test_counts_are_not_multiplied_by_each_other(staff, owner, image, digit, adversarial):
    prediction_get_or_create(image=image, model_name="tiny-digits")
    rows = staff.get(reverse("admin:predictor_image_changelist")).context["cl"].result_list
    counts = {row.name: (row.prediction_count, row.adversarial_count) for row in rows}
    assert counts == {"red ship.jpg": (2, 1), "three.png": (0, 0)}
    users = staff.get(reverse("admin:auth_user_changelist")).context["cl"].result_list
    assert {user.username: user.images_kept for user in users} == {"owner": 2, "root": 0}


@pytest.mark.parametrize("kind", ["image", "adversarial"])
def test_thumbnails_are_for_staff_only(staff, owner_client, anonymous, request, kind):
    row = request.getfixturevalue(kind)
    url = reverse(f"admin:predictor_{row._meta.model_name}_thumb", args=[row.pk])
    assert staff.get(url)["Content-Type"] == "image/webp"
    assert owner_client.get(url).status_code == 302
    assert anonymous.get(url).status_code == 302


def test_staff_without_the_permission_see_no_thumbnail(image):
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    url = reverse("admin:predictor_image_thumb", args=[image.pk])
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("name", LISTS[1:])
def test_a_record_is_not_added_by_hand(staff, name):
    assert staff.get(reverse(f"admin:{name}_add")).status_code == 403


def test_a_record_is_not_edited(staff, image):
    url = reverse("admin:predictor_image_change", args=[image.pk])
    assert staff.get(url).status_code == 200
    staff.post(url, {"name": "other"})
    image.refresh_from_db()
    assert image.name == "red ship.jpg"


@pytest.mark.parametrize("name", ["predictor_image", "auth_user"])
def test_deleting_one_takes_the_files_along(
    staff, owner, image, adversarial, name, django_capture_on_commit_callbacks
):
    pk = image.pk if name == "predictor_image" else owner.pk
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse(f"admin:{name}_delete", args=[pk]), {"post": "yes"})
    assert Image.objects.count() == 0
    assert stored_files() == []


@pytest.mark.parametrize(
    ("name", "model", "left"),
    [
        ("predictor_image", Image, 0),
        ("predictor_prediction", Prediction, 2),
        ("predictor_adversarialimage", AdversarialImage, 2),
        ("auth_user", User, 0),
    ],
)
def test_deleting_many_takes_the_files_along(
    staff, adversarial, name, model, left, django_capture_on_commit_callbacks
):
    chosen = model.objects.exclude(username="root") if model is User else model.objects.all()
    form = {"action": "delete_selected", "_selected_action": [row.pk for row in chosen], "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse(f"admin:{name}_changelist"), form)
    assert len(stored_files()) == left

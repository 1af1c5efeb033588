"""The history: found, filtered, paged, deleted, taken away, whatever its length."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from predictor.models import AdversarialImage, Image, Prediction
from predictor.selectors import HistoryFilters, images_filtered
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import image_create
from tests.predictor.conftest import DIGIT, PHOTO, stored_files


def history(client, **query):
    return client.get(reverse("predictor:history"), query)


def names(response):
    return [row.image.name for row in response.context["page"]]


def records(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def fill(owner, count, made_each=1):
    """Rows without files: what the database alone must carry."""
    now = timezone.now()
    images = [
        Image(
            owner=owner, name=f"{n:05}.png", sha256=f"{n:064}", width=10, height=10, bytes=1,
            file=f"none/{n}", thumbnail=f"none/{n}t", created=now - dt.timedelta(minutes=n),
        )
        for n in range(count)
    ]  # fmt: skip
    answer = {
        "label": 1, "class_name": "Car", "confidence": 0.9, "unsure": False,
        "probabilities": {"Bike": 0.05, "Car": 0.9, "Ship": 0.05},
    }  # fmt: skip
    predictions = [
        Prediction(image=image, model_name=PHOTO, weights_sha256="0" * 64, seconds=0.1, **answer)
        for image in images
    ]
    made = [
        AdversarialImage(
            prediction=prediction, owner=prediction.image.owner,
            attack="fgsm", epsilon_asked=n / 255, steps=n, resolution="model",
            file="none", thumbnail="none", width=10, height=10, linf=n / 255, l2=1, ssim=1, **answer,
        )
        for prediction in predictions
        for n in range(1, made_each + 1)
    ]  # fmt: skip
    for model, rows in ((Image, images), (Prediction, predictions), (AdversarialImage, made)):
        model.objects.bulk_create(rows, batch_size=500)


def queries(client, **query):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert history(client, **query).status_code == 200
    return len(captured)


def test_an_empty_history_says_so(owner_client):
    assert history(owner_client).context["empty"]


def test_an_image_comes_with_its_answers_and_its_adversarial_images(owner_client, image, adversarial):
    (row,) = history(owner_client).context["page"]
    assert row.image == image
    assert [p.model_name for p in row.predictions] == [PHOTO]
    assert row.adversarials == [adversarial]
    assert row.adversarial_count == 1


def test_nobody_sees_somebody_elses(outsider_client, image, adversarial):
    assert names(history(outsider_client)) == []
    assert records(outsider_client.get("/history.csv")) == []


def test_deleting_one_picture_is_asked_in_the_singular(owner_client, image):
    page = history(owner_client).content.decode()
    assert 'data-question-one="Delete this picture and everything saved from it?"' in page
    assert 'data-question="Delete {count} pictures and everything saved from them?"' in page


def test_the_newest_comes_first(owner_client, owner):
    fill(owner, 3)
    assert names(history(owner_client)) == ["00000.png", "00001.png", "00002.png"]


def test_pages_follow_each_other_without_gap_or_repetition(owner_client, owner):
    fill(owner, 45)
    seen = [name for number in (1, 2, 3) for name in names(history(owner_client, page=number))]
    assert seen == [f"{n:05}.png" for n in range(45)]


@pytest.mark.parametrize("number", ["abc", "0", "-1", "999", ""])
def test_a_page_that_is_not_there_gives_the_nearest(owner_client, owner, number):
    fill(owner, 3)
    assert len(names(history(owner_client, page=number))) == 3


def test_an_answer_of_other_weights_is_marked(owner_client, image, prediction):
    assert not history(owner_client).context["page"][0].predictions[0].changed
    Prediction.objects.update(weights_sha256="0" * 64)
    assert history(owner_client).context["page"][0].predictions[0].changed


@pytest.fixture
def three(owner, photo_pixels, digit_pixels):
    """A ship of last week, a digit of today, and an image that nobody asked about."""
    ship = image_create(owner=owner, name="ship at sea.jpg", pixels=photo_pixels)
    Image.objects.filter(pk=ship.pk).update(created=timezone.now() - dt.timedelta(days=7))
    prediction = prediction_get_or_create(image=ship, model_name=PHOTO)
    seven = image_create(owner=owner, name="seven.png", pixels=digit_pixels)
    prediction_get_or_create(image=seven, model_name=DIGIT)
    image_create(owner=owner, name="bare.png", pixels=photo_pixels)
    return prediction


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["bare.png", "seven.png", "ship at sea.jpg"]),
        ({"model": PHOTO}, ["ship at sea.jpg"]),
        ({"model": DIGIT}, ["seven.png"]),
        ({"model": "gone"}, []),
        ({"q": "SHIP"}, ["ship at sea.jpg"]),
        ({"q": "%"}, []),
        ({"attack": "fgsm"}, []),
        ({"since": (dt.date.today() - dt.timedelta(days=2)).isoformat()}, ["bare.png", "seven.png"]),
        ({"until": (dt.date.today() - dt.timedelta(days=2)).isoformat()}, ["ship at sea.jpg"]),
        ({"since": "2026-02-31"}, ["bare.png", "seven.png", "ship at sea.jpg"]),
        ({"until": "yesterday"}, ["bare.png", "seven.png", "ship at sea.jpg"]),
        ({"until": "9999-12-31"}, ["bare.png", "seven.png", "ship at sea.jpg"]),
    ],
)
def test_filters_narrow_the_list(owner_client, three, query, expected):
    assert names(history(owner_client, **query)) == expected
    assert {row["image_name"] for row in records(owner_client.get("/history.csv", query))} == set(expected)


def test_the_class_filter_goes_by_the_answer(owner_client, three):
    assert names(history(owner_client, **{"class": three.class_name})) == ["ship at sea.jpg"]


def test_the_attack_filter_goes_by_what_was_made(owner_client, three, adversarial):
    assert names(history(owner_client, attack="fgsm")) == ["red ship.jpg"]


def test_the_pager_keeps_the_filters(owner_client, image):
    assert history(owner_client, q="ship", page=1).context["query"] == "q=ship"


def test_htmx_gets_the_rows_alone(owner_client, image):
    response = owner_client.get(reverse("predictor:history"), headers={"hx-request": "true"})
    assert "<html" not in response.content.decode()
    assert "red ship.jpg" in response.content.decode()


def test_the_number_of_queries_does_not_grow_with_rows(owner_client, owner):
    fill(owner, 2)
    few = queries(owner_client)
    Image.objects.all().delete()
    fill(owner, 60, made_each=10)
    assert queries(owner_client) == few
    assert queries(owner_client, page=2) == few


def test_a_page_is_read_along_an_index_and_nothing_is_sorted(owner_client, owner):
    """So that page one of ten thousand rows costs what it costs of fifty; `make bench` has the times."""
    plan = images_filtered(user=owner, filters=HistoryFilters())[:20].explain()
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan


def test_an_image_with_hundreds_of_adversarial_images_shows_the_newest_and_the_count(owner_client, owner):
    fill(owner, 1, made_each=200)
    (row,) = history(owner_client).context["page"]
    assert len(row.adversarials) == 6
    assert row.adversarial_count == 200


def test_the_csv_has_a_line_for_each_answer(owner_client, image, adversarial, digit):
    response = owner_client.get("/history.csv")
    rows = records(response)
    assert response["Content-Disposition"] == 'attachment; filename="epsilon-history.csv"'
    assert [(row["image_name"], row["attack"]) for row in rows] == [
        ("three.png", ""),
        ("red ship.jpg", ""),
        ("red ship.jpg", "fgsm"),
    ]
    assert float(rows[2]["epsilon_written"]) == pytest.approx(8 / 255)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_the_csv_runs_no_formula(owner_client, owner, photo_pixels, start):
    image = image_create(owner=owner, name="x", pixels=photo_pixels)
    Image.objects.filter(pk=image.pk).update(name=f'{start}HYPERLINK("http://evil")')
    (row,) = records(owner_client.get("/history.csv"))
    assert row["image_name"].startswith("'")


def test_the_csv_streams_in_a_fixed_number_of_queries_per_block(owner_client, owner):
    fill(owner, 150)
    with CaptureQueriesContext(connection) as captured:
        assert len(records(owner_client.get("/history.csv"))) == 300
    assert len(captured) < 12


def test_one_or_many_can_be_deleted_with_their_files(
    owner_client, image, digit, adversarial, django_capture_on_commit_callbacks
):
    form = {"image": [digit.pk], "adversarial": [adversarial.pk], "next": "q=ship&page=1"}
    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(reverse("predictor:history_delete"), form)
    assert response["Location"] == "/history/?q=ship&page=1"
    assert list(Image.objects.all()) == [image]
    assert AdversarialImage.objects.count() == 0
    assert len(stored_files()) == 2


def test_what_is_somebody_elses_or_no_id_at_all_is_left_alone(outsider_client, image, adversarial):
    form = {"image": [image.pk, "abc", ""], "adversarial": [adversarial.pk]}
    assert outsider_client.post(reverse("predictor:history_delete"), form).status_code == 302
    assert Image.objects.count() == AdversarialImage.objects.count() == 1


def test_coming_back_never_leads_elsewhere(owner_client):
    response = owner_client.post(reverse("predictor:history_delete"), {"next": "https://evil.example/?q=1"})
    assert response["Location"].startswith("/history/")


def test_a_name_is_found_in_any_case_of_any_alphabet(owner, owner_client, photo_pixels):
    for name in ("Été à Ærø.jpg", "50%_été.jpg", "etwas.jpg"):
        image_create(owner=owner, name=name, pixels=photo_pixels)

    def found(text):
        return sorted(names(history(owner_client, q=text)))

    assert found("éTÉ À æRØ") == ["Été à Ærø.jpg"]
    assert found("été") == ["50%_été.jpg", "Été à Ærø.jpg"]
    assert found("0%_É") == ["50%_été.jpg"]
    assert found("t_") == []

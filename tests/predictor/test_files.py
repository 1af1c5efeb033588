"""Private files: whole, labelled, kept by the browser but by nobody between."""

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image as Picture

from predictor.services.upload import pixels_of
from tests.predictor.conftest import DIGIT, PHOTO

FILES = [
    ("image_file", "image", "WEBP"),
    ("image_thumb", "image", "WEBP"),
    ("input_file", "image", "PNG"),
    ("adversarial_file", "adversarial", "PNG"),
    ("adversarial_thumb", "adversarial", "WEBP"),
]


def url_of(name, kind, request):
    return reverse(f"predictor:{name}", args=[request.getfixturevalue(kind).pk])


@pytest.mark.parametrize(("name", "kind", "form"), FILES)
def test_it_is_an_image_of_the_announced_type_and_private(owner_client, request, name, kind, form):
    response = owner_client.get(url_of(name, kind, request))
    assert Picture.open(io.BytesIO(response.content)).format == form
    assert response["Content-Type"] == f"image/{form.lower()}"
    assert "private" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("name", "kind", "form"), FILES)
def test_a_browser_that_holds_it_gets_304_without_a_body(owner_client, request, name, kind, form):
    url = url_of(name, kind, request)
    etag = owner_client.get(url)["ETag"]
    again = owner_client.get(url, headers={"if-none-match": etag})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == etag


@pytest.mark.parametrize(("name", "kind", "form"), FILES)
def test_head_is_answered(owner_client, request, name, kind, form):
    assert owner_client.head(url_of(name, kind, request)).status_code == 200


def test_the_stored_file_holds_the_stored_pixels(owner_client, image):
    content = owner_client.get(reverse("predictor:image_file", args=[image.pk])).content
    picture = Picture.open(io.BytesIO(content)).convert("RGB")
    assert picture.tobytes() == pixels_of(image).tobytes()


@pytest.mark.parametrize(("model", "size", "mode"), [(PHOTO, (32, 32), "RGB"), (DIGIT, (28, 28), "L")])
def test_what_the_model_saw_has_the_models_size(owner_client, image, model, size, mode):
    url = reverse("predictor:input_file", args=[image.pk])
    picture = Picture.open(io.BytesIO(owner_client.get(url, {"model": model}).content))
    assert (picture.size, picture.mode) == (size, mode)


def test_an_adversarial_file_comes_under_a_name_that_says_what_it_is(owner_client, adversarial):
    response = owner_client.get(reverse("predictor:adversarial_file", args=[adversarial.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="red-ship-fgsm-8-255.png"'


def test_inline_shows_it_instead(owner_client, adversarial):
    response = owner_client.get(reverse("predictor:adversarial_file", args=[adversarial.pk]), {"inline": ""})
    assert response["Content-Disposition"].startswith("inline")


def test_a_hostile_file_name_stays_out_of_the_header(owner_client, image):
    image.name = '"; filename=evil.html\r\nX-Evil: 1.png'
    image.save()
    response = owner_client.get(reverse("predictor:image_file", args=[image.pk]), {"download": ""})
    assert response["Content-Disposition"] == 'attachment; filename="filename-evil-html-x-evil-1.webp"'


def test_a_file_that_is_gone_is_not_found(owner_client, image):
    default_storage.delete(image.file)
    assert owner_client.get(reverse("predictor:image_file", args=[image.pk])).status_code == 404


def test_no_address_leads_into_the_media_folder(owner_client, image):
    for prefix in ("/media/", "/", "/static/"):
        assert owner_client.get(prefix + image.file).status_code == 404

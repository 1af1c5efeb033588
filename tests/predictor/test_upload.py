"""Uploading: every file is taken or refused by its own sentence, and nothing is half-stored."""

import errno
import io
import struct
import zlib

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from PIL import Image as Picture

from predictor.models import Image, Prediction
from predictor.services import upload as upload_service
from tests.predictor.conftest import DIGIT, PHOTO, picture_bytes, png, stored_files, upload


def send(client, *files, model="auto", **headers):
    return client.post("/try/", {"files": list(files), "model": model}, headers=headers)


def bomb():
    """A PNG of a few hundred bytes that says it has 10,000 × 10,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")


def noise_png(side=200):
    return png(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))


BAD = {
    "not an image": (lambda: b"hello, I am a text", "not an image"),
    "truncated": (lambda: noise_png()[:5000], "damaged"),
    "empty": (lambda: b"", "empty"),
    "over 20 MB": (lambda: noise_png() + bytes(20 * 1024 * 1024), "20 MB"),
    "over 64 megapixels": (bomb, "64 megapixels"),
    "HEIC": (lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100), "HEIC"),
    "SVG": (lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_in_one_sentence_and_leaves_nothing(owner_client, case):
    make, words = BAD[case]
    response = send(owner_client, upload(make(), "x.png"))
    assert response.status_code == 400
    assert words in response.context["results"][0]["error"]
    assert words in response.content.decode()
    assert Image.objects.count() == 0
    assert stored_files() == []


def test_one_good_file_leads_to_its_laboratory(owner_client, photo_pixels):
    response = send(owner_client, upload(png(photo_pixels)), model=PHOTO)
    image = Image.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/images/{image.pk}/?model={PHOTO}"


def test_the_answer_is_there_before_the_laboratory_opens(owner_client, photo_pixels):
    send(owner_client, upload(png(photo_pixels)), model=PHOTO)
    assert Prediction.objects.get().model_name == PHOTO


def test_several_good_files_lead_to_the_history(owner_client, photo_pixels):
    response = send(owner_client, *[upload(png(photo_pixels), f"{n}.png") for n in range(3)])
    assert response["Location"] == reverse("predictor:history")
    assert Image.objects.count() == 3


def test_a_bad_file_among_good_ones_does_not_keep_them_out(owner_client, photo_pixels):
    response = send(owner_client, upload(png(photo_pixels), "good.png"), upload(b"no", "bad.png"))
    assert response.status_code == 200
    assert [bool(row["image"]) for row in response.context["results"]] == [True, False]
    assert [image.name for image in Image.objects.all()] == ["good.png"]


def test_no_file_at_all_is_answered_with_a_sentence(owner_client):
    response = send(owner_client)
    assert response.status_code == 400
    assert "at least one image" in response.context["problem"]


def test_a_file_without_end_is_not_kept_on_disk_while_it_arrives(owner_client, settings, monkeypatch):
    settings.UPLOAD_MAX_BYTES = 100_000
    seen = []
    real = upload_service._upload_or_error
    monkeypatch.setattr(
        upload_service, "_upload_or_error", lambda *args: seen.append(args[1].size) or real(*args)
    )
    response = send(owner_client, upload(bytes(3_000_000), "long.png"))
    assert "20 MB" in response.context["results"][0]["error"]
    assert 100_000 < seen[0] < 300_000


def test_more_files_than_allowed_are_refused_one_by_one(owner_client, photo_pixels, settings):
    settings.UPLOAD_MAX_FILES = 2
    files = [upload(png(photo_pixels), f"{n}.png") for n in range(3)]
    response = send(owner_client, *files)
    assert [bool(row["error"]) for row in response.context["results"]] == [False, False, True]


def test_an_unknown_model_is_refused_before_anything_is_stored(owner_client, photo_pixels):
    response = send(owner_client, upload(png(photo_pixels)), model="nothing")
    assert response.status_code == 400
    assert "no model" in response.context["problem"]
    assert stored_files() == []


def test_htmx_is_sent_on_by_a_header(owner_client, photo_pixels):
    response = send(owner_client, upload(png(photo_pixels)), model=PHOTO, hx_request="true")
    assert response.status_code == 204
    assert response["HX-Redirect"].startswith("/images/")


def test_htmx_gets_the_sentences_as_a_partial(owner_client):
    response = send(owner_client, upload(b"no", "bad.png"), hx_request="true")
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "bad.png" in response.content.decode()


def test_a_handwritten_digit_goes_to_the_digits_and_a_drawing_in_colour_to_the_photos(
    owner_client, photo_pixels, digit_pixels
):
    send(owner_client, upload(png(digit_pixels)))
    send(owner_client, upload(png(photo_pixels)))
    assert set(Prediction.objects.values_list("image__width", "model_name")) == {(28, DIGIT), (64, PHOTO)}


def test_the_stored_pixels_are_those_of_the_file(owner_client, photo_pixels):
    send(owner_client, upload(png(photo_pixels)), model=PHOTO)
    assert (upload_service.pixels_of(Image.objects.get()) == photo_pixels).all()


def test_the_file_name_is_kept_without_folders_and_control_characters(owner_client, photo_pixels):
    send(owner_client, upload(png(photo_pixels), "my\u202e car\x07.png"), model=PHOTO)
    assert Image.objects.get().name == "my car.png"


def test_a_very_long_name_is_cut_and_keeps_its_ending(owner_client, photo_pixels):
    send(owner_client, upload(png(photo_pixels), "a" * 200 + ".png"), model=PHOTO)
    name = Image.objects.get().name
    assert len(name) == 120
    assert name.endswith(".png")


@pytest.mark.parametrize(
    "data",
    [
        picture_bytes("CMYK", file_format="JPEG"),
        picture_bytes("P", file_format="GIF"),
        picture_bytes("RGBA"),
        picture_bytes("I;16"),
        picture_bytes(size=(1, 1)),
        picture_bytes(size=(3000, 2)),
    ],
    ids=["CMYK", "palette", "transparent", "16-bit", "1×1", "3000×2"],
)
@pytest.mark.parametrize("model", [PHOTO, DIGIT])
def test_an_unusual_image_is_answered(owner_client, data, model):
    response = send(owner_client, upload(data), model=model)
    assert owner_client.get(response["Location"]).status_code == 200


def test_a_picture_without_ink_is_unsure(owner_client):
    send(owner_client, upload(picture_bytes(size=(60, 60))), model=DIGIT)
    prediction = Prediction.objects.get()
    assert prediction.unsure
    assert not prediction.found


def test_a_full_disk_is_one_sentence_and_leaves_nothing(owner_client, photo_pixels, monkeypatch):
    real = FileSystemStorage.save
    keys = []

    def full_at_second(storage, name, content, max_length=None):
        keys.append(name)
        if len(keys) == 2:
            # A part of the file is there when the room ends.
            real(storage, name, ContentFile(b"part"), max_length)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(storage, name, content, max_length)

    monkeypatch.setattr(FileSystemStorage, "save", full_at_second)
    response = send(owner_client, upload(png(photo_pixels)))
    assert "no room left" in response.context["results"][0]["error"]
    assert Image.objects.count() == 0
    assert stored_files() == []


def test_a_row_that_fails_takes_its_files_along(owner, photo_pixels, monkeypatch):
    monkeypatch.setattr(Image, "save", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        upload_service.image_create(owner=owner, name="x", pixels=photo_pixels)
    assert stored_files() == []


def test_one_person_keeps_a_limited_number(owner_client, image, photo_pixels, monkeypatch):
    monkeypatch.setattr(upload_service, "MAX_IMAGES", 1)
    before = stored_files()
    response = send(owner_client, upload(png(photo_pixels)))
    assert "the most one person may" in response.context["results"][0]["error"]
    assert sorted(stored_files()) == sorted(before)


def test_a_sample_becomes_an_image_of_ones_own(owner_client):
    from predictor.samples import SAMPLES

    slug = next(slug for slug, sample in SAMPLES.items() if sample.path.exists())
    response = owner_client.post(f"/try/sample/{slug}/")
    assert response.status_code == 302
    assert Image.objects.get().name == f"{slug}.png"


def test_an_unknown_sample_is_not_found(owner_client):
    assert owner_client.post("/try/sample/nothing/").status_code == 404


def test_the_form_shows_the_limits(owner_client):
    limits = owner_client.get("/try/").context["limits"]
    assert (limits["megabytes"], limits["megapixels"]) == (20, 64)


def test_an_animated_gif_gives_its_first_frame(owner_client):
    output = io.BytesIO()
    frames = [Picture.new("RGB", (40, 30), colour) for colour in ("white", "black")]
    frames[0].save(output, "GIF", save_all=True, append_images=frames[1:])
    send(owner_client, upload(output.getvalue(), "a.gif"), model=PHOTO)
    assert upload_service.pixels_of(Image.objects.get()).min() == 255

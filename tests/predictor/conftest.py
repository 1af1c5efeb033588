"""Three people: an owner, an outsider and somebody who has not signed in; and pictures to send."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Picture

from ml import images
from ml.defences.detection import shelf
from ml.images import to_float
from predictor import detectors
from predictor.services.adversarial import adversarial_create
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import image_create
from tests import tiny, tiny_detector

PHOTO, DIGIT = "tiny-photos", "tiny-digits"


@pytest.fixture(autouse=True)
def _models(tiny_zoo, monkeypatch):
    """Only the two tiny networks: the shipped ones may be there or not."""
    from ml import zoo

    monkeypatch.setattr(zoo, "SHIPPED", tiny_zoo)


@pytest.fixture
def owner(db):
    return User.objects.create_user("owner", password="a-long-pass-phrase")


@pytest.fixture
def outsider(db):
    return User.objects.create_user("outsider", password="a-long-pass-phrase")


@pytest.fixture
def owner_client(owner):
    return _signed_in(owner)


@pytest.fixture
def outsider_client(outsider):
    return _signed_in(outsider)


@pytest.fixture
def anonymous(db):
    return Client()


def _signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def photo_pixels():
    """A drawn ship, larger than the network's input, uint8 (48, 64, 3)."""
    drawn = Picture.fromarray(tiny.shape("Ship", np.random.default_rng(5), side=64))
    return np.asarray(drawn.resize((64, 48), Picture.Resampling.BICUBIC))


@pytest.fixture
def digit_pixels():
    """A handwritten digit in MNIST's form, uint8 (28, 28, 3)."""
    batch, _ = tiny.digits()
    return np.repeat(np.rint(batch[3] * 255).astype(np.uint8), 3, axis=-1)


@pytest.fixture
def image(owner, photo_pixels):
    return image_create(owner=owner, name="red ship.jpg", pixels=photo_pixels)


@pytest.fixture
def digit(owner, digit_pixels):
    return image_create(owner=owner, name="three.png", pixels=digit_pixels)


@pytest.fixture
def prediction(image):
    return prediction_get_or_create(image=image, model_name=PHOTO)


@pytest.fixture
def adversarial(image):
    return adversarial_create(image=image, model_name=PHOTO, epsilon_text="8/255")


@pytest.fixture(scope="session")
def detector_files(tiny_digits, tmp_path_factory):
    """A folder with the files of a detector of `tiny-digits`."""
    folder = tmp_path_factory.mktemp("detector")
    tiny_detector.write(folder, tiny_digits)
    return folder


@pytest.fixture
def watched(tiny_zoo, detector_files, monkeypatch):
    """The folder of `tiny-digits`, with a detector for the time of the test."""
    monkeypatch.setattr(shelf, "_loaded", {})
    monkeypatch.setattr(detectors, "_watches", {})
    copies = [Path(shutil.copy(file, tiny_zoo / DIGIT)) for file in detector_files.iterdir()]
    yield tiny_zoo / DIGIT
    for copy in copies:
        copy.unlink(missing_ok=True)


@pytest.fixture
def tampered(owner, tiny_digits, digit_pixels):
    """The digit under FGSM, kept as an image of its own."""
    made = tiny_detector.attacked(tiny_digits, to_float(digit_pixels[None, ..., :1]))
    pixels = np.repeat(np.rint(255 * made[0]).astype(np.uint8), 3, axis=-1)
    return image_create(owner=owner, name="spoilt.png", pixels=pixels)


def png(pixels):
    return images.encode_png(pixels)


def upload(data, name="picture.png"):
    return SimpleUploadedFile(name, data)


def picture_bytes(mode="RGB", size=(40, 30), file_format="PNG", **options):
    output = io.BytesIO()
    Picture.new(mode, size).save(output, file_format, **options)
    return output.getvalue()


def stored_files():
    """The names of all files in the storage."""
    found, folders = [], [""]
    while folders:
        folder = folders.pop()
        inner, files = default_storage.listdir(folder or ".")
        folders += [f"{folder}/{name}".lstrip("/") for name in inner]
        found += [f"{folder}/{name}" for name in files]
    return found

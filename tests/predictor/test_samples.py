"""The sample pictures."""

import pytest
from PIL import Image

from ml import images, zoo
from predictor.samples import SAMPLES
from predictor.samples.draw import MAX_BYTES, PICTURES

MODELS = {"photos": "vehicles", "digits": "digits-simple"}
SURE = 0.8


@pytest.fixture(autouse=True)
def _models():
    """Here it is the shipped models that are asked, not the small ones of the other tests."""


def test_every_sample_has_a_picture_that_the_script_draws():
    assert set(SAMPLES) == set(PICTURES)
    assert all(sample.path.is_file() for sample in SAMPLES.values())


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_it_is_small(sample):
    assert sample.path.stat().st_size <= MAX_BYTES
    with Image.open(sample.path) as picture:
        assert max(picture.size) <= 640


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_shipped_model_gives_it_its_class(sample):
    model = zoo.load(MODELS[sample.domain])
    pixels = images.to_input(images.decode(sample.path.read_bytes()), model.card).image
    (verdict,) = model.verdicts(images.to_float(pixels)[None])
    if sample.expected is None:
        assert verdict.unsure
    else:
        assert (verdict.class_name, verdict.unsure) == (sample.expected, False)
        assert verdict.confidence >= SURE


def test_drawing_again_gives_the_same_picture():
    """The smallest picture stands for all: the same script, the same bytes of pixels."""
    again = PICTURES["digit-8"]()
    with Image.open(SAMPLES["digit-8"].path) as picture:
        assert again.tobytes() == picture.tobytes()

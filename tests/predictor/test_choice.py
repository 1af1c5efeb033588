"""Which model reads an image when nobody chose one."""

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from ml import images
from ml.errors import OptionRefused
from predictor.samples import SAMPLES
from predictor.services.choice import AUTO, looks_like_ink, model_for
from tests import tiny
from tests.predictor.conftest import DIGIT, PHOTO

DRAWN = [sample for sample in SAMPLES.values() if sample.path.exists()]


def enlarged(digit, side, *, inverted=False):
    """A handwritten digit (28, 28, 1) in [0, 1] as a drawing, uint8 (side, side, 3)."""
    small = Picture.fromarray(np.rint(digit[..., 0] * 255).astype(np.uint8))
    large = np.asarray(small.resize((side, side), Picture.Resampling.BICUBIC))
    return np.repeat((255 - large if inverted else large)[..., None], 3, axis=-1)


@pytest.mark.parametrize("sample", DRAWN, ids=[sample.slug for sample in DRAWN])
def test_a_sample_goes_to_its_own_domain(sample):
    pixels = images.decode(sample.path.read_bytes())
    assert looks_like_ink(pixels) is (sample.domain == "digits")


@pytest.mark.parametrize("inverted", [False, True])
def test_most_drawn_digits_are_taken_for_ink(inverted):
    batch, _ = tiny.digits()
    found = [looks_like_ink(enlarged(digit, 280, inverted=inverted)) for digit in batch[:100]]
    assert sum(found) >= 90


def test_a_digit_on_paper_in_uneven_light_is_taken_for_ink():
    light = np.linspace(230, 150, 600)[None, :] * np.linspace(1, 0.85, 800)[:, None]
    paper = Picture.fromarray(np.stack([light, light * 0.98, light * 0.9], axis=-1).astype(np.uint8))
    ImageDraw.Draw(paper).line([(200, 200), (400, 200), (280, 600)], fill=(30, 30, 90), width=28)
    assert looks_like_ink(np.asarray(paper))


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (28, 28), (300, 300)])
def test_an_image_of_one_colour_is_answered_too(size):
    pixels = np.full((*size, 3), 200, np.uint8)
    assert looks_like_ink(pixels) is (size == (28, 28))


def test_a_choice_is_a_choice(digit_pixels):
    assert model_for(choice=PHOTO, pixels=digit_pixels) == PHOTO
    assert model_for(choice=AUTO, pixels=digit_pixels) == DIGIT


def test_an_unknown_model_is_refused(digit_pixels):
    with pytest.raises(OptionRefused, match="no model called"):
        model_for(choice="nothing", pixels=digit_pixels)

"""Photos with a sensor's noise, sharpened, or compressed: no attack, but another grain."""

import io

import numpy as np
import pytest
from PIL import Image

from ml.datasets import taken


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    """Smooth colours (12, 64, 64, 3)."""
    down, across = np.mgrid[:64, :64]
    waves = np.sin(down[..., None] / [7, 11, 5] + across[..., None] / [9, 6, 13])
    return np.rint(128 + 90 * np.stack([waves * (0.5 + turn / 24) for turn in range(12)])).astype(np.uint8)


def test_photos_keep_their_form_and_most_of_their_look(photos: np.ndarray) -> None:
    made = taken.photos(photos, np.random.default_rng(0))
    assert made.shape == photos.shape
    assert made.dtype == np.uint8
    apart = np.abs(made.astype(int) - photos).mean(axis=(1, 2, 3))
    assert apart.max() < 8
    assert (apart > 0.5).any()


def test_some_photos_stay_as_they_are(photos: np.ndarray) -> None:
    made = taken.photos(np.repeat(photos, 20, axis=0), np.random.default_rng(1))
    same = (made == np.repeat(photos, 20, axis=0)).all(axis=(1, 2, 3)).mean()
    # Neither noise nor sharpening nor compression, each for half of them.
    assert same == pytest.approx((1 - taken.SHARE) ** 3, abs=0.06)


def test_the_same_numbers_give_the_same_photos(photos: np.ndarray) -> None:
    one, again, other = (taken.photos(photos, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert len(taken.photos(photos[:0], np.random.default_rng(0))) == 0


def test_noise_has_the_spread_that_is_asked_for() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    noise = taken.noisy(grey, 4 / 255, np.random.default_rng(0)).astype(float) - 128
    # Rounding adds a twelfth of a step, squared.
    assert noise.std() == pytest.approx(np.sqrt(16 + 1 / 12), rel=0.03)
    assert abs(noise.mean()) < 0.1


def test_compression_is_that_of_pillow(photos: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(photos[0]).save(file, "JPEG", quality=50)
    made = taken._through_jpeg(Image.fromarray(photos[0]), 50)
    np.testing.assert_array_equal(np.asarray(made), np.asarray(Image.open(file)))

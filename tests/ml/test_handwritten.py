"""Digits made from digits: the geometry is that of scikit-image and Pillow, and no ink leaves the sheet."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from PIL import Image
from skimage.transform import EuclideanTransform, SimilarityTransform, warp

from ml.datasets import bundled, handwritten

SIDE = 28
KINDS = ("plain", "affine", "imperfect", "pictured")


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return bundled.digits()[0][:60]


def blob(x: float, y: float, radius: float = 4.0) -> np.ndarray:
    """One smooth, lopsided spot (1, 28, 28, 1), so that every turn shows."""
    across, down = np.meshgrid(np.arange(SIDE) - x, np.arange(SIDE) - y)
    spot = np.exp(-((across / radius) ** 2) - (down / (radius / 2)) ** 2)
    return np.rint(255 * spot).astype(np.uint8)[None, ..., None]


def centre(image: np.ndarray) -> np.ndarray:
    """Where the ink is in the mean: (x, y)."""
    weights = image[..., 0].astype(float)
    down, across = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(across * weights).sum(), (down * weights).sum()]) / weights.sum()


def test_plain_digits_are_the_digits(digits: np.ndarray) -> None:
    np.testing.assert_array_equal(handwritten.make("plain", digits, np.random.default_rng(0)), digits)


def test_affine_digits_are_those_of_scikit_image() -> None:
    images = np.repeat(blob(15, 12), 40, axis=0)
    made = handwritten.make("affine", images, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    angles, zooms = rng.uniform(-15, 15, 40), rng.uniform(0.85, 1.15, 40)
    shifts = rng.uniform(-0.15, 0.15, (40, 2)) * SIDE
    middle = (SIDE - 1) / 2
    for image, angle, zoom, shift in zip(made, angles, zooms, shifts, strict=True):
        forward = (
            EuclideanTransform(translation=(-middle, -middle))
            + SimilarityTransform(scale=zoom, rotation=-np.deg2rad(angle))
            + EuclideanTransform(translation=(middle + shift[0], middle + shift[1]))
        )
        expected = warp(images[0, ..., 0] / 255, forward.inverse, order=1) * 255
        # OpenCV rounds places to the 32nd part of a pixel.
        np.testing.assert_allclose(image[..., 0], expected, atol=4)


def test_affine_digits_use_the_whole_range_and_no_more() -> None:
    places = np.array(
        [
            centre(image)
            for image in handwritten.make(
                "affine", np.repeat(blob(13.5, 13.5), 3000, axis=0), np.random.default_rng(0)
            )
        ]
    )
    # A spot in the middle is where the shift puts it: 15 % of 28 pixels are 4.2.
    assert np.abs(places - 13.5).max() == pytest.approx(4.2, abs=0.1)
    assert places.mean(axis=0) == pytest.approx([13.5, 13.5], abs=0.2)


def test_imperfect_digits_are_pillows_reduction_of_a_sheet_of_twice_the_side(digits: np.ndarray) -> None:
    made = handwritten.make("imperfect", digits, np.random.default_rng(5))
    corners = np.random.default_rng(5).integers(0, SIDE + 1, (len(digits), 2))
    for image, digit, (top, left) in zip(made, digits, corners, strict=True):
        sheet = Image.new("L", (2 * SIDE, 2 * SIDE))
        sheet.paste(Image.fromarray(digit[..., 0]), (int(left), int(top)))
        np.testing.assert_allclose(image[..., 0], np.asarray(sheet.reduce(2), int), atol=1)


def test_imperfect_digits_are_half_as_large_anywhere_and_whole() -> None:
    full = np.full((2000, SIDE, SIDE, 1), 255, np.uint8)
    made = handwritten.make("imperfect", full, np.random.default_rng(0))
    # A white square of 28×28 is worth 14×14 white pixels wherever it lies.
    np.testing.assert_allclose(made.sum(axis=(1, 2, 3)) / 255, 14 * 14, rtol=0.01)
    places = np.array([centre(image) for image in made])
    assert places.min(axis=0) == pytest.approx([6.5, 6.5], abs=0.01)
    assert places.max(axis=0) == pytest.approx([20.5, 20.5], abs=0.01)
    assert places.mean(axis=0) == pytest.approx([13.5, 13.5], abs=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_digits_of_a_kind_are_always_the_same(kind: handwritten.Kind, digits: np.ndarray) -> None:
    made = handwritten.test(kind, digits)
    assert made.shape == digits.shape
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, handwritten.test(kind, digits))


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_digit_has_random_numbers_of_its_own(kind: handwritten.Kind, digits: np.ndarray) -> None:
    made = handwritten.make(kind, np.repeat(digits[:1], 20, axis=0), np.random.default_rng(0))
    assert len(np.unique(made.reshape(20, -1), axis=0)) == 20
    other = handwritten.make(kind, np.repeat(digits[:1], 20, axis=0), np.random.default_rng(1))
    assert (made != other).any()

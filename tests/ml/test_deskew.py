"""Deskewing: slanted ink becomes upright, centred, and otherwise stays what it was."""

import cv2
import numpy as np
import pytest

from ml.datasets.deskew import deskew


def bar(slant: float = 0.0, centre: tuple[int, int] = (14, 14)) -> np.ndarray:
    """A stroke of 16 rows, leaning right by `slant` pixels a row, as (1, 28, 28, 1)."""
    image = np.zeros((28, 28), np.uint8)
    y, x = centre
    ends = [(round(x + slant * way), y + way) for way in (-8, 8)]
    return cv2.line(image, ends[0], ends[1], 255, 3)[None, ..., None]


def slant(images: np.ndarray) -> float:
    """The slant that OpenCV's own moments give."""
    moments = cv2.moments(images[0, ..., 0])
    return moments["mu11"] / moments["mu02"]


@pytest.mark.parametrize("lean", [-0.6, -0.2, 0.3, 0.7])
def test_a_leaning_stroke_becomes_upright(lean: float) -> None:
    assert slant(bar(lean)) == pytest.approx(lean, abs=0.1)
    assert slant(deskew(bar(lean))) == pytest.approx(0, abs=0.02)


def test_an_upright_centred_stroke_keeps_its_ink() -> None:
    image = bar()
    moved = deskew(image)
    assert moved.astype(int).sum() == pytest.approx(int(image.astype(int).sum()), rel=0.02)
    assert np.abs(moved.astype(int) - image).mean() < 10


@pytest.mark.parametrize("centre", [(10, 9), (17, 19)])
def test_the_centre_of_mass_comes_to_the_middle(centre: tuple[int, int]) -> None:
    moments = cv2.moments(deskew(bar(0.3, centre))[0, ..., 0])
    assert moments["m10"] / moments["m00"] == pytest.approx(13.5, abs=0.05)
    assert moments["m01"] / moments["m00"] == pytest.approx(13.5, abs=0.05)


def test_an_empty_picture_stays_empty_and_a_single_row_has_no_slant() -> None:
    row = np.zeros((2, 28, 28, 1), np.uint8)
    row[1, 5, 10:18] = 200
    moved = deskew(row)
    assert not moved[0].any()
    assert np.flatnonzero(moved[1].any(axis=(1, 2))).tolist() == [13, 14]
    assert np.flatnonzero(moved[1].any(axis=(0, 2))).tolist() == list(range(10, 18))


def test_each_picture_is_deskewed_by_itself_and_the_originals_are_kept() -> None:
    images = np.concatenate([bar(0.5), bar(-0.5, (12, 16))])
    before = images.copy()
    together = deskew(images)
    np.testing.assert_array_equal(together[1:], deskew(images[1:]))
    np.testing.assert_array_equal(images, before)
    assert together.shape == images.shape
    assert together.dtype == np.uint8

"""Distances against scikit-image."""

import math

import numpy as np
import pytest
from skimage import metrics

from ml import compose, distances


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (64, 48, 3), np.uint8)
    return first, compose.perturb(first, rng.integers(-1, 2, first.shape).astype(np.int8), 12)


def test_linf_and_l2_are_in_units_of_the_unit_range(pair):
    change = (pair[0].astype(float) - pair[1]) / 255
    distance = distances.between(*pair)
    assert distance.linf == pytest.approx(12 / 255)
    assert distance.l2 == pytest.approx(np.linalg.norm(change))


def test_psnr_is_that_of_scikit_image(pair):
    assert distances.between(*pair).psnr == pytest.approx(
        metrics.peak_signal_noise_ratio(*pair, data_range=255)
    )


def test_ssim_is_that_of_scikit_image(pair):
    theirs = metrics.structural_similarity(
        *pair, data_range=255, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert distances.between(*pair).ssim == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 1024, 3), (28, 28, 1)])
def test_equal_images_of_any_size_are_at_no_distance(shape):
    image = np.full(shape, 90, np.uint8)
    distance = distances.between(image, image)
    assert (distance.linf, distance.l2, distance.psnr) == (0, 0, math.inf)
    assert distance.ssim == pytest.approx(1)


def test_images_of_two_sizes_cannot_be_compared():
    with pytest.raises(ValueError, match="cannot be compared"):
        distances.between(np.zeros((2, 2, 3), np.uint8), np.zeros((3, 2, 3), np.uint8))


def test_a_perturbed_image_never_leaves_the_ball_nor_the_range():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (20, 20, 3), np.uint8)
    sign = rng.integers(-1, 2, image.shape).astype(np.int8)
    every = compose.perturb_all(image, sign, np.arange(256))
    for n in (0, 1, 8, 255):
        moved = compose.perturb(image, sign, n)
        assert np.array_equal(moved, every[n])
        assert np.abs(moved.astype(int) - image).max() <= n


def test_the_difference_is_amplified_around_grey():
    before, after = np.full((1, 1, 3), 100, np.uint8), np.array([[[103, 98, 200]]], np.uint8)
    assert compose.difference(before, after, 10).tolist() == [[[158, 108, 255]]]

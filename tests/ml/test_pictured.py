"""Digits shown in pictures and read again: they are still those digits, and their grain is the site's own."""

import numpy as np
import pytest

from ml import ink
from ml.datasets import bundled, pictured


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return bundled.digits()[0][:80]


def test_a_picture_is_larger_than_its_digit_and_grey(digits: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for digit in digits[:20]:
        picture = pictured.picture(digit[..., 0], rng)
        assert picture.dtype == np.uint8
        assert min(picture.shape[:2]) >= 4 * 28
        assert picture.shape[2] == 3
        np.testing.assert_array_equal(picture[..., 0], picture[..., 1])


def test_there_is_light_ink_on_dark_and_dark_ink_on_light(digits: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    dark = [np.median(pictured.picture(digit[..., 0], rng)) < 128 for digit in digits]
    assert np.mean(dark) == pytest.approx(pictured.BOARDS, abs=0.12)


def test_what_is_read_is_what_the_site_reads_in_the_same_pictures(digits: np.ndarray) -> None:
    made = pictured.digits(digits[:10], np.random.default_rng(2))
    rng = np.random.default_rng(2)
    for image, digit in zip(made, digits, strict=False):
        found = ink.digit(pictured.picture(digit[..., 0], rng))
        assert found.found
        np.testing.assert_array_equal(image[..., 0], found.image)


def test_a_digit_that_cannot_be_found_stays_as_it_is(digits: np.ndarray) -> None:
    given = digits[:10].copy()
    given[::2] //= 32  # ink that cannot be told from its ground
    made = pictured.digits(given, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    found = np.array([ink.digit(pictured.picture(digit[..., 0], rng)).found for digit in given])
    assert not found[::2].any()
    assert found[1::2].sum() >= 4
    np.testing.assert_array_equal((made == given).all(axis=(1, 2, 3)), ~found)


def test_what_is_read_is_still_the_digit(digits: np.ndarray, tiny_digits) -> None:
    labels = bundled.digits()[1][:80]
    made = pictured.digits(digits, np.random.default_rng(3)).astype(np.float32) / 255
    right = (tiny_digits.logits(made).argmax(axis=-1) == labels).mean()
    assert right > 0.8

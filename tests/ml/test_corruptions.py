"""Corrupted images: what every corruption promises."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ml.datasets import corruptions
from ml.datasets.corruptions import DIGITS, PHOTOS, corrupt
from ml.errors import OptionRefused
from tests import tiny

# At the weakest and at the strongest severity.
ALL = [(name, None) for name in DIGITS] + [(name, severity) for name in PHOTOS for severity in (1, 5)]
# Nothing in them is drawn at random.
FIXED = {"scale", "brightness", "stripe", "canny-edges", "defocus-blur", "zoom-blur", "contrast", "pixelate"}
FIXED |= {"jpeg-compression"}
# Parameters in pixels are whole or hardly matter below this size.
FULL = 224


def photos(count: int, side: int = 64) -> np.ndarray:
    """Drawn shapes in front of soft colours, (count, side, side, 3) uint8."""
    rng = np.random.default_rng(5)
    shapes = np.stack([tiny.shape(tiny.SHAPES[i % 3], rng, side) for i in range(count)]).astype(float)
    colours = gaussian_filter(rng.normal(size=shapes.shape), (0, side / 16, side / 16, 0), mode="wrap")
    return np.clip(0.8 * shapes + 60 * colours / colours.std(), 0, 255).astype(np.uint8)


def pictures(severity: int | None, count: int = 3) -> np.ndarray:
    if severity is None:
        return np.rint(tiny.digits()[0][:count] * 255).astype(np.uint8)
    return photos(count)


@pytest.mark.parametrize(("name", "severity"), ALL)
def test_every_corruption_keeps_the_contract(name, severity):
    batch = pictures(severity)
    before = batch.copy()
    first = corrupt(name, batch, severity=severity, seed=1)
    assert (first.shape, first.dtype) == (batch.shape, np.float32)
    assert first.min() >= 0
    assert first.max() <= 1
    levels = first * 255
    assert np.abs(levels - np.rint(levels)).max() < 1e-3, "8 bits are enough to hold it"
    assert np.array_equal(batch, before), "the caller's images are left alone"
    changed = (first != batch / np.float32(255)).any(axis=(1, 2, 3))
    assert changed.all()
    assert np.array_equal(first, corrupt(name, batch / np.float32(255), severity=severity, seed=1))
    other = corrupt(name, batch, severity=severity, seed=2)
    assert np.array_equal(first, other) == (name in FIXED)
    alone = [corrupt(name, image[None], severity=severity, seed=1)[0] for image in batch[::-1]]
    np.testing.assert_allclose(alone, first[::-1], atol=1 / 255 + 1e-6)
    assert (np.abs(np.array(alone) - first[::-1]) > 1e-6).mean() < 1e-3, (
        "the company of an image counts for nothing"
    )
    assert corrupt(name, batch[:0], severity=severity).shape == (0, *batch.shape[1:])


@pytest.mark.parametrize("name", DIGITS)
def test_more_digits_than_one_block_are_corrupted_as_alone(name, monkeypatch):
    batch = pictures(None, 5)
    whole = corrupt(name, batch)
    monkeypatch.setattr(corruptions, "_BLOCK_VALUES", 2 * 28 * 28)
    np.testing.assert_allclose(corrupt(name, batch), whole, atol=1 / 255 + 1e-6)


def test_each_suite_has_fifteen_and_photos_have_five_severities():
    assert len(DIGITS) == len(PHOTOS) == 15
    assert {each.severities for each in DIGITS.values()} == {(None,)}
    assert {each.severities for each in PHOTOS.values()} == {(1, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("name", "severity", "message"),
    [
        ("rain", None, "There is no corruption rain of digits; there are: shot-noise, impulse-noise, "),
        ("zigzag", 3, "There is no corruption zigzag of photos; there are: gaussian-noise, "),
        ("frost", None, "There is no corruption frost of digits; "),
        ("frost", 6, "The severity of a corruption is 1 to 5, not 6."),
        ("frost", 0, "The severity of a corruption is 1 to 5, not 0."),
    ],
)
def test_what_does_not_exist_is_refused(name, severity, message):
    with pytest.raises(OptionRefused) as refused:
        corrupt(name, pictures(severity), severity=severity)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("batch", "severity"),
    [
        (np.zeros((1, 32, 32, 1), np.uint8), None),
        (np.zeros((28, 28, 1), np.uint8), None),
        (np.zeros((1, 28, 28, 3), np.uint8), 1),
        (np.zeros((1, 64, 48, 3), np.uint8), 1),
        (np.full((1, 28, 28, 1), 1.5), None),
        (np.full((1, 28, 28, 1), np.nan), None),
    ],
)
def test_what_is_no_batch_of_the_suite_is_a_mistake_of_the_caller(batch, severity):
    with pytest.raises(ValueError, match=r"not \(|must lie"):
        corrupt("fog", batch, severity=severity)

"""Noise on digits: what each kind does at which level."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ml.datasets import noise
from ml.errors import OptionRefused


@pytest.fixture
def images() -> noise.Floats:
    """Forty pictures of any grey."""
    return np.random.default_rng(0).random((40, 28, 28, 1), np.float32)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("kind", noise.KINDS)
def test_level_0_changes_nothing(kind: str, images: noise.Floats) -> None:
    np.testing.assert_allclose(noise.make(kind, images, 0.0, rng()), images, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "level"), [("gaussian", 3.0), ("salt-and-pepper", 1.0), ("blur", 9.0), ("contrast", 1.0)]
)
def test_pixels_stay_float32_in_their_range(kind: str, level: float, images: noise.Floats) -> None:
    images = np.concatenate([images, np.ones_like(images[:1])])
    noisy = noise.make(kind, images, level, rng())
    assert (noisy.dtype, noisy.shape) == (np.float32, images.shape)
    assert noisy.min() >= 0
    assert noisy.max() <= 1


def test_gaussian_noise_has_its_standard_deviation_and_is_clipped() -> None:
    grey = np.full((200, 28, 28, 1), 0.5, np.float32)
    assert noise.make("gaussian", grey, 0.1, rng()).std() == pytest.approx(0.1, rel=0.02)
    strong = noise.make("gaussian", grey, 0.5, rng())
    # A normal variable is beyond one standard deviation with probability 0.1587 on each side.
    assert (strong == 0).mean() == pytest.approx(0.1587, abs=0.005)
    assert (strong == 1).mean() == pytest.approx(0.1587, abs=0.005)


def test_salt_and_pepper_takes_its_share_of_pixels_half_white_half_black() -> None:
    grey = np.full((200, 28, 28, 1), 0.5, np.float32)
    noisy = noise.make("salt-and-pepper", grey, 0.3, rng())
    assert (noisy == 1).mean() == pytest.approx(0.15, abs=0.005)
    assert (noisy == 0).mean() == pytest.approx(0.15, abs=0.005)
    assert (noisy == 0.5).mean() == pytest.approx(0.7, abs=0.005)


@pytest.mark.parametrize("level", [0.3, 1.0, 2.5])
def test_blur_is_scipys_gaussian_filter(level: float, images: noise.Floats) -> None:
    expected = [gaussian_filter(image[..., 0], level, mode="constant", truncate=10) for image in images]
    np.testing.assert_allclose(noise.make("blur", images, level, rng())[..., 0], expected, atol=1e-5)


def test_contrast_loses_its_share_of_the_distance_to_grey(images: noise.Floats) -> None:
    faint = noise.make("contrast", images, 0.8, rng())
    np.testing.assert_allclose(faint - 0.5, 0.2 * (images - 0.5), atol=1e-6)


@pytest.mark.parametrize("kind", ["blur", "contrast"])
def test_each_image_may_have_its_own_level(kind: str, images: noise.Floats) -> None:
    noisy = noise.make(kind, images[:2], np.array([0.0, 0.9]), rng())
    np.testing.assert_allclose(noisy[0], images[0], atol=1e-6)
    np.testing.assert_allclose(noisy[1:], noise.make(kind, images[1:2], 0.9, rng()), atol=1e-6)


def test_the_noise_of_the_test_images_is_always_the_same_and_each_kind_and_level_has_its_own() -> None:
    grey = np.full((5, 28, 28, 1), 0.5, np.float32)
    first = noise.test("gaussian", grey, 0.5)
    np.testing.assert_array_equal(first, noise.test("gaussian", grey, 0.5))
    weak = noise.test("gaussian", grey, 0.25)
    assert abs(np.corrcoef(first.ravel(), weak.ravel())[0, 1]) < 0.1


def test_a_mixture_spares_its_share_and_uses_every_kind() -> None:
    grey = np.full((2000, 28, 28, 1), 0.25, np.float32)
    noisy = noise.mixed(grey, {"salt-and-pepper": 0.5, "contrast": 0.8}, 0.4, rng())
    spread = noisy.std(axis=(1, 2, 3))
    means = noisy.mean(axis=(1, 2, 3))
    assert (noisy == 0.25).all(axis=(1, 2, 3)).mean() == pytest.approx(0.4, abs=0.03)
    assert (spread > 1e-3).mean() == pytest.approx(0.3, abs=0.03)
    faint = means[(spread < 1e-3) & (means != 0.25)]
    assert len(faint) / 2000 == pytest.approx(0.3, abs=0.03)
    # Any level up to 0.8 is equally likely: grey from 0.25 to 0.45, 0.35 on average.
    assert faint.max() <= 0.45 + 1e-6
    assert faint.mean() == pytest.approx(0.35, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "level", "message"),
    [
        ("rain", 0.5, "There is no noise rain; there are: gaussian, salt-and-pepper, blur, contrast."),
        ("gaussian", -0.1, "The noise gaussian cannot have the level -0.1."),
        ("salt-and-pepper", 1.5, "The noise salt-and-pepper cannot have the level 1.5."),
        ("contrast", float("nan"), "The noise contrast cannot have the level nan."),
    ],
)
def test_what_does_not_exist_is_refused(kind: str, level: float, message: str) -> None:
    with pytest.raises(OptionRefused) as refused:
        noise.test(kind, np.zeros((1, 28, 28, 1), np.float32), level)
    assert str(refused.value) == message

"""The common corruptions of photos: what each does, and that it grows with its severity."""

import numpy as np
import pytest
from scipy.ndimage import zoom
from skimage import color

from ml.datasets.corruptions import PHOTOS, corrupt
from ml.datasets.corruptions.base import Draws
from ml.datasets.corruptions.ice import ice
from ml.datasets.corruptions.photos_blur import zoomed
from ml.datasets.corruptions.plasma import clouds
from tests.ml.test_corruptions import photos

# In the published suites too the severities of these are no ladder in distance: the first two of the elastic
# transform move the whole photo, the others only its parts; glass is shaken in fewer rounds at times.
NO_LADDER = {
    "elastic-transform": [(1, 2), (3, 5)],
    "frost": [(1, 3), (1, 5)],
    "glass-blur": [(1, 3), (2, 5)],
    "snow": [(1, 2), (1, 3), (3, 4), (4, 5)],
}
LADDER = [(1, 2), (2, 3), (3, 4), (4, 5)]


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return photos(4, 112)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_higher_severity_goes_further(name, batch):
    far = {
        severity: np.square(corrupt(name, batch, severity=severity) - batch / 255).mean()
        for severity in range(1, 6)
    }
    for weaker, stronger in NO_LADDER.get(name, LADDER):
        assert far[weaker] < far[stronger]


def test_gaussian_noise_has_its_deviation():
    grey = np.full((1, 128, 128, 3), 128, np.uint8)
    change = corrupt("gaussian-noise", grey, severity=2) - 128 / 255
    assert change.std() == pytest.approx(0.12, rel=0.03)
    assert change.mean() == pytest.approx(-0.5 / 255, abs=0.003)


def test_impulse_noise_strikes_each_channel_by_itself():
    grey = np.full((1, 128, 128, 3), 128, np.uint8)
    struck = corrupt("impulse-noise", grey, severity=5) != np.float32(128 / 255)
    assert struck.mean() == pytest.approx(0.27, abs=0.01)
    assert struck.all(axis=3).mean() == pytest.approx(0.27**3, abs=0.01)


@pytest.mark.parametrize("severity", [1, 5])
def test_brightness_adds_to_the_value_of_hsv(batch, severity):
    added = [0.1, 0.2, 0.3, 0.4, 0.5][severity - 1]
    hsv = color.rgb2hsv(batch / 255)
    hsv[..., 2] = np.minimum(hsv[..., 2] + added, 1)
    brighter = corrupt("brightness", batch, severity=severity)
    np.testing.assert_allclose(brighter, color.hsv2rgb(hsv), atol=1.1 / 255)


def test_brightness_turns_black_to_grey():
    black = np.zeros((1, 32, 32, 3), np.uint8)
    np.testing.assert_allclose(corrupt("brightness", black, severity=2), 0.2, atol=1e-6)


def test_contrast_keeps_the_mean_and_shrinks_the_deviation(batch):
    flat = corrupt("contrast", batch, severity=3)
    clean = batch / 255
    # Rounding down costs half a grey level on average.
    np.testing.assert_allclose(flat.mean(axis=(1, 2)), clean.mean(axis=(1, 2)) - 0.5 / 255, atol=0.3 / 255)
    np.testing.assert_allclose(flat.std(axis=(1, 2)), 0.2 * clean.std(axis=(1, 2)), rtol=0.02)


@pytest.mark.parametrize(
    "name", ["defocus-blur", "glass-blur", "motion-blur", "elastic-transform", "pixelate"]
)
def test_blurring_and_moving_leave_an_even_picture_alone(name):
    even = np.full((1, 64, 64, 3), 90, np.uint8)
    for severity in (1, 3, 5):
        np.testing.assert_allclose(corrupt(name, even, severity=severity), 90 / 255, atol=1.1 / 255)


def test_at_the_published_size_defocus_is_a_disk_of_the_published_radius():
    dot = np.zeros((1, 224, 224, 3), np.uint8)
    dot[0, 112, 112] = 255
    # One 255th and more of a dot is left only under the smallest disk, of 29 pixels.
    disk = corrupt("defocus-blur", dot, severity=1)[0, ..., 0]
    rows, columns = np.nonzero(disk > 4 / 255)
    assert len(rows) == 29
    assert (np.hypot(rows - 112, columns - 112) <= 3).all()


@pytest.mark.parametrize("name", ["defocus-blur", "motion-blur"])
def test_lengths_shrink_with_the_photo(name):
    """A photo at half the size, blurred, is the blurred photo at half the size."""
    large = photos(2, 224)
    small = np.rint(_halved(large)).astype(np.uint8)
    first = _halved(corrupt(name, large, severity=5))
    second = corrupt(name, small, severity=5)
    unblurred = np.square(small / 255 - first).mean()
    # Directions are drawn for each picture by itself, so that motion is only as strong, not the same.
    if name == "motion-blur":
        assert np.square(second - small / 255).mean() == pytest.approx(unblurred, rel=0.5)
    else:
        assert np.square(second - first).mean() < unblurred / 5


def _halved(batch: np.ndarray) -> np.ndarray:
    return batch.reshape(len(batch), 112, 2, 112, 2, 3).mean(axis=(2, 4))


@pytest.mark.parametrize("factor", [1.03, 1.25, 2.5, 4.5])
def test_zooming_is_scipys_zoom_of_the_centre(factor, batch):
    image = batch[:1] / np.float32(255)
    side = image.shape[1]
    crop = int(np.ceil(side / factor))
    top = (side - crop) // 2
    large = zoom(image[0, top : top + crop, top : top + crop], (factor, factor, 1), order=1)
    trim = (len(large) - side) // 2
    expected = large[trim : trim + side, trim : trim + side]
    np.testing.assert_allclose(zoomed(image, factor)[0], expected, atol=1e-4)


def test_snow_only_brightens(batch):
    snowy = corrupt("snow", batch, severity=3)
    assert (snowy - batch / 255).min() > -1.1 / 255
    assert snowy.mean() > batch.mean() / 255 + 0.05


@pytest.mark.parametrize("side", [32, 112])
def test_frost_is_drawn_anew_for_each_photo(side):
    batch = photos(3, side) / np.float32(255)
    frost = ice(Draws(batch, 1), side)
    assert frost.shape == batch.shape
    assert 0.3 < frost.mean() < 0.7
    assert frost.std() > 0.1
    assert np.abs(frost[0] - frost[1]).mean() > 0.05


def test_clouds_have_their_range_and_the_finer_grain_the_slower_they_decay():
    batch = photos(4, 32) / np.float32(255)
    smooth, rough = (clouds(Draws(batch, 1), 64, decay) for decay in (3, 1.4))
    for maps in (smooth, rough):
        np.testing.assert_allclose(maps.min(axis=(1, 2)), 0)
        np.testing.assert_allclose(maps.max(axis=(1, 2)), 1)
    grain = [np.abs(np.diff(maps, axis=1)).mean() for maps in (smooth, rough)]
    assert grain[1] > 1.5 * grain[0]


def test_pixelation_leaves_that_many_rows():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (1, 64, 64, 3), np.uint8)
    rows = corrupt("pixelate", noise, severity=5)[0, :, 0, 0]
    assert 1 + np.count_nonzero(np.diff(rows)) == 16


@pytest.mark.parametrize("name", PHOTOS)
def test_the_smallest_photos_are_changed_too(name):
    small = photos(2, 32)
    for severity in (1, 5):
        changed = corrupt(name, small, severity=severity)
        assert np.abs(changed - small / 255).mean() > 0.5 / 255

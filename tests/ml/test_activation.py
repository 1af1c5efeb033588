"""Images for a class: by gradient ascent on a network, and by the neighbours of k-NN."""

import numpy as np
import pytest

from ml.datasets import bundled
from ml.explain.activation import Ascent, maximise
from ml.explain.typical import typical
from ml.images import to_float

SHORT = Ascent(steps=20)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return bundled.digits()


def variation(images: np.ndarray) -> float:
    """Mean total variation of an image."""
    values = to_float(images)
    return float(sum(np.abs(np.diff(values, axis=axis)).sum() for axis in (1, 2)) / len(values))


def test_the_image_of_a_class_is_answered_as_that_class(tiny_digits) -> None:
    result = maximise(tiny_digits, range(10), ascent=Ascent(steps=60, total_variation=0.02, l2=0.02))
    assert result.images.shape == (10, 28, 28, 1)
    assert result.images.dtype == np.uint8
    assert (result.probabilities.argmax(axis=1) == np.arange(10)).sum() >= 9


def test_the_probabilities_are_those_of_the_images_that_are_given(tiny_digits) -> None:
    result = maximise(tiny_digits, [3, 3, 7], ascent=SHORT)
    np.testing.assert_allclose(
        result.probabilities, tiny_digits.probabilities(to_float(result.images)), atol=1e-6
    )


def test_the_seed_decides_the_images(tiny_digits) -> None:
    once, again, other = (maximise(tiny_digits, [2], ascent=SHORT, seed=seed).images for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_total_variation_smooths_and_l2_darkens(tiny_digits) -> None:
    free = Ascent(steps=30, total_variation=0, l2=0, blur=0)
    rough, smooth, dark = (
        maximise(tiny_digits, range(10), ascent=each).images
        for each in (
            free,
            Ascent(steps=30, total_variation=0.5, l2=0, blur=0),
            Ascent(steps=30, total_variation=0, l2=2.0, blur=0),
        )
    )
    assert variation(smooth) < variation(rough) / 1.5
    assert dark.mean() < rough.mean() / 2


def test_without_steps_the_image_is_the_grey_it_starts_with(tiny_photos) -> None:
    result = maximise(tiny_photos, [0], ascent=Ascent(steps=0, start=0.5))
    assert result.images.shape == (1, *tiny_photos.input_shape)
    assert (result.images == 128).all()


def test_photos_can_be_climbed_too(tiny_photos) -> None:
    blank = maximise(tiny_photos, [1], ascent=Ascent(steps=0, start=0.5)).probabilities[0, 1]
    risen = maximise(tiny_photos, [1], ascent=Ascent(steps=15, start=0.5)).probabilities[0, 1]
    assert risen > blank


def test_the_typical_image_of_a_class_has_neighbours_of_that_class_only(digits) -> None:
    images, labels = digits
    found = typical(images, labels, neighbours=5, candidates=60)
    assert found.images.shape == (10, 28, 28, 1)
    np.testing.assert_array_equal(labels[found.chosen], np.arange(10))
    values = images.reshape(len(images), -1).astype(float)
    for chosen, label in zip(found.chosen, range(10), strict=True):
        nearest = np.linalg.norm(values - values[chosen], axis=1).argsort()[1:6]
        assert (labels[nearest] == label).all()
    assert (found.margin > 0).all()


def test_the_typical_image_is_the_mean_of_it_and_its_mutual_neighbours() -> None:
    # Class 0 has three points close together, and one far off that is nobody's neighbour.
    points = np.array([[0, 0], [0, 4], [4, 0], [0, 90], [200, 200], [200, 210], [210, 200]], np.uint8)
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    found = typical(points.reshape(-1, 1, 2, 1), labels, neighbours=2, candidates=10)
    assert found.chosen[0] == 0
    assert found.mutual[0] == 2
    np.testing.assert_array_equal(found.images[0].ravel(), [1, 1])


def test_a_class_without_a_unanimous_image_has_a_negative_margin() -> None:
    points = np.arange(0, 60, 5, dtype=np.uint8).reshape(-1, 1, 1, 1)
    found = typical(points, np.arange(12) % 2, neighbours=2, candidates=12)
    assert (found.margin < 0).all()

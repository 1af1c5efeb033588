"""What an attack found, rounded to a file's pixels: within ε to the last step, and still successful."""

import numpy as np
import pytest

from ml.attacks import PGD, CarliniWagner, DeepFool, OnePixel
from ml.attacks.eight_bit import eight_bit
from ml.images import to_float
from tests.ml.affine import affine, greys


@pytest.fixture(scope="module")
def three():
    return affine(3)[0]


@pytest.fixture(scope="module")
def pixels():
    return np.clip(np.rint(255 * greys(40, spread=0.15)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("epsilon", [1 / 255, 0.013, 0.1])
def test_it_never_leaves_the_ball(norm, epsilon, three, pixels):
    for attack in (PGD(), DeepFool()):
        result = attack(three, to_float(pixels), epsilon=epsilon, norm=norm)
        moved = eight_bit(result, pixels).astype(int) - pixels
        size = np.abs(moved).max() if norm == "linf" else np.sqrt((moved**2).sum(axis=(1, 2, 3))).max()
        assert size <= 255 * epsilon + 1e-4


@pytest.mark.parametrize(
    ("attack", "norm"),
    [(DeepFool(), "l2"), (CarliniWagner(steps=60, searches=5), "l2"), (DeepFool(), "linf")],
)
def test_an_image_on_the_boundary_is_moved_on_until_its_file_succeeds(attack, norm, three, pixels):
    result = attack(three, to_float(pixels), norm=norm)
    assert result.success.all()
    nearest = np.clip(np.rint(255 * result.images), 0, 255).astype(np.uint8)
    written = eight_bit(result, pixels)
    assert not result.problem.success(to_float(nearest)).all()
    assert result.problem.success(to_float(written)).all()
    assert np.abs(written.astype(int) - nearest).max() <= 3


def test_what_changes_few_pixels_leaves_the_others_alone(three, pixels):
    result = OnePixel(pixels=2, population=10, generations=2)(three, to_float(pixels))
    written = eight_bit(result, pixels)
    assert ((written != pixels).any(axis=-1).sum(axis=(1, 2)) <= 2).all()


def test_a_batch_of_none_gives_none(three, pixels):
    assert eight_bit(PGD()(three, to_float(pixels[:0]), epsilon=0.1), pixels[:0]).shape == (0, 4, 4, 3)

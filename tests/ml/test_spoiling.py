"""Spoilt digits: what may change, and what may not."""

import numpy as np
import pytest

from ml.errors import OptionRefused
from ml.training.digits.spoiling import SIDES, Spoiling, filtered, spoil
from ml.training.recipe import filled
from tests.tiny import digits

ALL = Spoiling(filtered=0.6, patched=0.5, patches=3, patch_pixels=9, grain=0.3)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return digits()[0][:64]


def test_nothing_asked_changes_nothing(images: np.ndarray) -> None:
    np.testing.assert_array_equal(spoil(images, Spoiling(), np.random.default_rng(1)), images)
    assert not Spoiling().spoils


def test_the_same_seed_spoils_alike_and_stays_in_range(images: np.ndarray) -> None:
    one, two = (spoil(images, ALL, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == images.shape
    assert one.dtype == np.float32
    assert one.min() >= 0
    assert one.max() <= 1
    assert (np.abs(one - images).max(axis=(1, 2, 3)) > 0.1).mean() > 0.5


def test_only_the_stated_share_is_filtered(images: np.ndarray) -> None:
    many = np.concatenate([images] * 8)
    changed = np.abs(spoil(many, Spoiling(filtered=0.25), np.random.default_rng(2)) - many) > 0
    assert changed.any(axis=(1, 2, 3)).mean() == pytest.approx(0.25, abs=0.06)


@pytest.mark.parametrize("side", SIDES)
def test_a_filter_leaves_the_shape_and_chooses_the_greys(side: int, images: np.ndarray) -> None:
    found = filtered(images, side, np.random.default_rng(side))
    extent = found.max(axis=(1, 2, 3)) - found.min(axis=(1, 2, 3))
    assert (extent > 0.25).all()
    paper = images.max(axis=0, keepdims=True) < 0.01  # black in every digit, and far from ink at the corner
    corner = found[:, 0, 0, 0]
    assert paper[0, 0, 0, 0]
    assert corner.std() > 0.05
    if side == 1:
        # A filter of one weight is a change of grey levels, so the order of the greys stays or turns round.
        for before, after in zip(images, found, strict=True):
            assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) > 0.999


def test_patches_cover_no_more_than_was_said(images: np.ndarray) -> None:
    how = Spoiling(patched=1.0, patches=2, patch_pixels=4)
    changed = (spoil(images, how, np.random.default_rng(4)) != images).sum(axis=(1, 2, 3))
    assert (changed > 0).all()
    assert changed.max() <= 2 * 16


def test_a_mistyped_table_is_refused() -> None:
    with pytest.raises(OptionRefused, match="filterd"):
        filled(Spoiling, {"filterd": 0.5}, where="[training.spoiling]")

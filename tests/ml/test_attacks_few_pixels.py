"""Attacks on few pixels: the saliency map, and differential evolution on one pixel."""

import numpy as np
import pytest

from ml.attacks import JSMA, OnePixel, jsma, one_pixel
from ml.attacks.norms import NORMS
from tests.ml.affine import WithoutGradient, affine, greys


def _brute_pair(gain, drop):
    """The best score over all pairs, by trying them."""
    best = 0.0
    for p in range(len(gain)):
        for q in range(p):
            gains, drops = gain[p] + gain[q], drop[p] + drop[q]
            if gains > 0 and drops > 0:
                best = max(best, gains * drops)
    return best


@pytest.mark.parametrize("relation", [-0.95, 0.0, 0.95])
def test_the_pair_found_on_two_fronts_is_the_best_of_all_pairs(relation):
    rng = np.random.default_rng(2)
    gains = rng.normal(-0.5, 1, (6, 60)).astype(np.float32)
    drops = (relation * gains + np.sqrt(1 - relation**2) * rng.normal(0, 1, gains.shape)).astype(np.float32)
    gains[:, :7] = drops[:, :7] = -np.inf
    picks, scores = jsma._pair(gains, drops)
    np.testing.assert_allclose(
        scores, [_brute_pair(*each) for each in zip(gains, drops, strict=True)], rtol=1e-5
    )
    taken = scores > 0
    assert taken.any()
    assert (picks[taken, 0] != picks[taken, 1]).all()
    assert (picks[taken] >= 7).all()


def test_the_first_pixel_of_the_saliency_map_is_the_papers():
    """Of an affine model the map is known: the target's weights, against the sum of the others'."""
    model, weights, _ = affine(3)
    batch = greys(1)
    by_pixel = weights.reshape(16, 3, 3).sum(axis=1)
    own = int(model.logits(batch).argmax())
    target = (own + 1) % 3
    gain, drop = by_pixel[:, target], by_pixel[:, target] - by_pixel.sum(axis=1)
    best = int(np.where((gain > 0) & (drop > 0), gain * drop, 0).argmax())
    result = JSMA(pairs=False, gamma=1 / 16)(model, batch, target=target)
    if not result.success[0]:
        pytest.fail("one pixel was meant to be enough here")
    changed = (result.images != batch).any(axis=-1).ravel()
    assert np.flatnonzero(changed).tolist() == [best]
    assert (result.images[0].reshape(16, 3)[best] == 1).all()


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("gamma", [0.05, 0.145])
def test_the_saliency_map_changes_at_most_its_share_of_the_pixels(pairs, gamma, tiny_digits):
    from tests import tiny

    batch = tiny.digits()[0][:16]
    result = JSMA(pairs=pairs, gamma=gamma)(tiny_digits, batch)
    assert result.success.any()
    assert result.l0.max() <= gamma * 784
    assert np.array_equal(result.images[~result.success], batch[~result.success])


@pytest.mark.parametrize("theta", [0.3, -0.3, 1.0, -1.0])
def test_the_saliency_map_moves_pixels_one_way_only(theta):
    model, _, _ = affine(3)
    batch = greys(12)
    moved = JSMA(theta=theta, gamma=1.0)(model, batch).images - batch
    assert (moved * theta >= 0).all()
    assert (moved * theta).max() > 0


def test_without_a_target_the_saliency_map_needs_no_more_pixels_than_towards_any(tiny_digits):
    from tests import tiny

    batch = tiny.digits()[0][:10]
    free = JSMA()(tiny_digits, batch)
    for target in (1, 5, 8):
        aimed = JSMA()(tiny_digits, batch, target=target)
        both = aimed.success & (aimed.l0 > 0)
        assert free.success[both].all()
        # The steps are the same in number; a step can change a pixel fewer.
        assert (free.l0[both] <= aimed.l0[both] + 1).all()


@pytest.mark.parametrize("pixels", [1, 3])
def test_evolution_changes_at_most_so_many_pixels_and_asks_for_no_gradient(pixels):
    model, _, _ = affine(3)
    batch = greys(16)
    result = OnePixel(pixels=pixels, population=20, generations=4)(WithoutGradient(model), batch)
    assert result.l0.max() <= pixels
    assert result.success.any()


def test_one_pixel_is_as_good_as_the_best_that_trying_all_of_them_finds():
    """An affine model is fooled best by black or white in one of the 16 pixels, or not at all."""
    model, weights, _ = affine(2)
    batch = np.clip(greys(24, spread=0.25), 0, 1)
    labels = model.logits(batch).argmax(axis=-1)
    best = np.zeros(24, bool)
    for pixel in range(16):
        slopes = np.sign(weights.reshape(16, 3, 2)[pixel] @ [1.0, -1.0])
        images = batch.reshape(24, 16, 3).copy()
        images[:, pixel] = np.where(labels[:, None] == 0, slopes < 0, slopes > 0)
        best |= model.logits(images.reshape(batch.shape)).argmax(axis=-1) != labels
    found = OnePixel(population=100, generations=30)(model, batch).success
    assert 0 < best.sum() < 24
    assert not (found & ~best).any()
    assert (found == best).mean() >= 0.95


def test_more_generations_never_make_the_best_less_fit(tiny_digits):
    from tests import tiny

    batch = tiny.digits()[0][:6]
    labels = tiny_digits.logits(batch).argmax(axis=-1)
    odds = [
        one_pixel._log_odds(
            tiny_digits, OnePixel(population=20, generations=n)(tiny_digits, batch).images, labels
        )
        for n in (0, 5, 10)
    ]
    assert (odds[1] <= odds[0] + 1e-4).all()
    assert (odds[2] <= odds[1] + 1e-4).all()
    assert (odds[2] < odds[0] - 0.01).mean() > 0.5


def test_the_parents_of_a_child_are_three_others():
    rng = np.random.default_rng(0)
    genes = np.zeros((2, 5, 1, 3))
    genes[..., 0, 0] = 10.0 ** -np.arange(1, 6)
    for _ in range(50):
        # weight 0.5: a + 0.5 b − 0.5 c, told apart by their digits.
        children = OnePixel(population=5)._children(genes, rng)
        assert ((children >= 0) & (children <= 1)).all()
        for row in children[..., 0, 0]:
            for own, child in enumerate(row):
                sums = {
                    (a, b, c): np.clip(10.0 ** -(a + 1) + 0.5 * (10.0 ** -(b + 1) - 10.0 ** -(c + 1)), 0, 1)
                    for a in range(5)
                    for b in range(5)
                    for c in range(5)
                    if len({a, b, c, own}) == 4
                }
                assert min(abs(value - child) for value in sums.values()) < 1e-12


def test_an_image_in_colour_counts_its_pixels_not_its_values(tiny_photos):
    from tests import tiny

    batch = tiny.shapes(6, seed=21)[0]
    result = OnePixel(pixels=2, population=20, generations=2)(tiny_photos, batch)
    assert result.l0.max() <= 2
    assert NORMS["linf"].size(result.images - batch).max() > 0.1

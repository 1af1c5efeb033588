"""Attacks learned once and put onto any image: the universal perturbation and the patch."""

import numpy as np
import pytest

from ml.attacks import AdversarialPatch, Patch, Perturbation, UniformNoise, UniversalPerturbation
from ml.attacks.patch import _Places
from tests import tiny

EPSILON = 0.25


@pytest.fixture(scope="module")
def seen():
    return tiny.digits()[0][:200]


@pytest.fixture(scope="module")
def unseen():
    return tiny.digits()[0][1000:1200]


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.25), ("l2", 5.0)])
def test_one_perturbation_fools_images_that_it_was_not_learned_from(norm, epsilon, tiny_digits, seen, unseen):
    attack = UniversalPerturbation(epochs=5)
    learned = attack.fit(tiny_digits, seen, epsilon=epsilon, norm=norm)
    size = np.abs(learned.delta).max() if norm == "linf" else np.linalg.norm(learned.delta)
    assert 0.5 * epsilon < size <= epsilon * (1 + 1e-6)
    result = learned(tiny_digits, unseen, epsilon=epsilon, norm=norm)
    np.testing.assert_allclose(result.images, np.clip(unseen + learned.delta, 0, 1), atol=1e-6)
    noise = UniformNoise()(tiny_digits, unseen, epsilon=epsilon, norm=norm).success.mean()
    assert result.success.mean() > noise + 0.2


def test_called_it_puts_one_perturbation_on_all_that_it_attacks(tiny_digits, seen):
    result = UniversalPerturbation(epochs=2)(tiny_digits, seen, epsilon=EPSILON)
    # Where neither black nor white cuts it off, the same value moves by the same.
    free, moved = (result.images > 0) & (result.images < 1), result.images - seen
    spread = np.where(free, moved, -1).max(axis=0) - np.where(free, moved, 1).min(axis=0)
    assert spread[free.any(axis=0)].max() < 1e-5
    assert result.success.mean() > 0.2


def test_each_image_gets_the_perturbation_in_its_own_epsilon(tiny_digits, seen):
    epsilon = np.linspace(0, 0.4, 200).astype(np.float32)
    result = UniversalPerturbation(epochs=2)(tiny_digits, seen, epsilon=epsilon)
    assert result.linf.max() > 0.2
    np.testing.assert_allclose(result.linf, epsilon * result.linf[-1] / 0.4, atol=1e-6)


def test_a_perturbation_towards_a_target_reaches_it(tiny_digits, seen, unseen):
    learned = UniversalPerturbation(epochs=5).fit(tiny_digits, seen, epsilon=0.3, target=8)
    before = (tiny_digits.logits(unseen).argmax(axis=-1) == 8).mean()
    assert learned(tiny_digits, unseen, epsilon=0.3, target=8).success.mean() > before + 0.2


def test_a_smaller_epsilon_than_it_was_learned_with_shrinks_it(tiny_digits, unseen):
    delta = np.random.default_rng(0).uniform(-0.2, 0.2, (28, 28, 1)).astype(np.float32)
    result = Perturbation(delta=delta)(tiny_digits, unseen, epsilon=0.1)
    np.testing.assert_allclose(result.images, np.clip(unseen + np.clip(delta, -0.1, 0.1), 0, 1), atol=1e-6)


def test_a_patch_towards_a_target_reaches_it_on_images_that_it_was_not_learned_from(
    tiny_digits, seen, unseen
):
    attack = AdversarialPatch(steps=60, rate=0.1, smallest=0.6, largest=0.6, turn=20.0)
    patch = attack.fit(tiny_digits, seen, target=3)
    rng = np.random.default_rng(0)
    random = Patch(pixels=rng.random(patch.pixels.shape, np.float32), smallest=0.6, largest=0.6, turn=20.0)
    learned, noise = (each(tiny_digits, unseen, target=3).success.mean() for each in (patch, random))
    assert learned > noise + 0.2


def test_a_patch_without_a_target_leads_away_from_the_answers(tiny_digits, seen, unseen):
    patch = AdversarialPatch(steps=60).fit(tiny_digits, seen)
    grey = Patch(pixels=np.full_like(patch.pixels, 0.5), smallest=0.3, largest=0.5, turn=22.5)
    assert patch(tiny_digits, unseen).success.mean() > grey(tiny_digits, unseen).success.mean()


@pytest.mark.parametrize("size", [0.3, 0.6])
def test_a_patch_covers_a_disc_of_its_size_inside_the_image(size, tiny_photos):
    batch = np.zeros((40, 32, 32, 3), np.float32)
    white = Patch(pixels=np.ones((9, 9, 3), np.float32), smallest=size, largest=size, turn=180.0)
    images = white(tiny_photos, batch).images
    assert set(np.unique(images.round(5))) == {0.0, 1.0}
    covered = images[..., 0].sum(axis=(1, 2))
    np.testing.assert_allclose(covered, np.pi * (size * 16) ** 2, rtol=0.12)
    # A disc that was cut off by the edge would not be as wide as high.
    wide, high = (images[..., 0].any(axis=axis).sum(axis=1) for axis in (1, 2))
    assert np.abs(wide - high).max() <= 2


def test_a_patch_lies_at_random_but_the_same_with_the_same_seed(tiny_photos):
    batch = np.zeros((12, 32, 32, 3), np.float32)
    patch = Patch(pixels=np.ones((9, 9, 3), np.float32), smallest=0.2, largest=0.5, turn=30.0)
    first, again, other = (patch(tiny_photos, batch, seed=seed).images for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len({image.tobytes() for image in first}) == 12


def test_a_patch_unturned_is_its_pixels_upright(tiny_photos):
    """Left half black, right half white, stays so."""
    pixels = np.zeros((16, 16, 3), np.float32)
    pixels[:, 8:] = 1
    patch = Patch(pixels=pixels, smallest=1.0, largest=1.0, turn=0.0)
    image = patch(tiny_photos, np.full((1, 32, 32, 3), 0.5, np.float32)).images[0, ..., 0]
    assert (image[8:24, 4:14] == 0).all()
    assert (image[8:24, 18:28] == 1).all()


def test_the_patchs_gradient_is_that_of_pasting_it(tiny_photos):
    """⟨paste(p) − paste(0), g⟩ = ⟨p, pull(g)⟩, as pasting is affine in p."""
    rng = np.random.default_rng(4)
    batch, gradient = rng.random((2, 7, 32, 32, 3)).astype(np.float32)
    pixels = rng.random((11, 11, 3)).astype(np.float32)
    patch = Patch(pixels=pixels, smallest=0.3, largest=0.7, turn=60.0)
    places = _Places(patch, patch(tiny_photos, batch).problem)
    pasted = places.paste(batch, pixels) - places.paste(batch, np.zeros_like(pixels))
    pulled = places.pull(gradient, pixels.shape)
    assert (pasted * gradient).sum() == pytest.approx((pixels * pulled).sum(), rel=1e-4)

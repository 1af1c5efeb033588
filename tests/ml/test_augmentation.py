"""Varied photos, strangers and drawings: pictures of the asked size, repeated by their seed."""

import numpy as np
import pytest

from ml.training.photos import augmentation, drawings, patterns, strangers, styles

SIZE = (48, 64)
DRAWINGS = [patterns.clouds, patterns.stripes, patterns.shapes, patterns.page, patterns.scribble]
THINGS = [drawings.face, drawings.flower, drawings.house, drawings.cat, drawings.object_on_table]
STEPS = [augmentation.far, augmentation.tilt, augmentation.light, augmentation.coarsen, augmentation.blur]
FINISH = [augmentation.sharpen, augmentation.noise, augmentation.cover, augmentation.compress]
STYLES = [styles.paint, styles.poster, styles.pencil, styles.outline, styles.cartoon]


def photo(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(180, 240), (1, 1), (9, 300), (500, 40), (48, 64)], ids=str)
def test_any_photo_becomes_a_picture_of_the_asked_size(shape):
    for seed in range(25):
        varied = augmentation.augment(photo(*shape), np.random.default_rng(seed), SIZE)
        assert varied.shape == (*SIZE, 3)
        assert varied.dtype == np.uint8


def test_the_seed_alone_decides_the_variation():
    image = photo(120, 90)
    first, again, other = (augmentation.augment(image, np.random.default_rng(s), SIZE) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("step", [*STEPS, *FINISH, *STYLES], ids=lambda step: step.__name__)
def test_every_step_leaves_the_photo_itself_untouched(step):
    image = photo(80, 100)
    before = image.copy()
    for seed in range(8):
        assert step(image, np.random.default_rng(seed)).dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("draw", [*DRAWINGS, *THINGS], ids=lambda draw: draw.__name__)
def test_every_drawing_is_a_picture_with_something_on_it(draw):
    for seed in range(12):
        image = draw(np.random.default_rng(seed))
        assert image.shape == (224, 224, 3)
        assert image.std() > 0


@pytest.mark.parametrize("small", [0, 5])
@pytest.mark.parametrize("grey", [0, 5])
def test_strangers_are_drawn_from_whatever_there_is(small, grey):
    source = strangers.Strangers(
        small=np.zeros((small, 32, 32, 3), np.uint8),
        grey=np.zeros((grey, 28, 28), np.uint8),
        photo=lambda rng: photo(90, 120),
    )
    for seed in range(40):
        image, again = (source.draw(np.random.default_rng(seed)) for _ in range(2))
        assert image.shape == (224, 224, 3)
        np.testing.assert_array_equal(image, again)

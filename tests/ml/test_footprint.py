"""The footprint of an attack: an image's finest detail held against the gradient of the network."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from ml.attacks import BIM, PGD
from ml.defences.detection import footprint
from ml.graphs import inference, slopes
from ml.graphs.inference import FORWARD

SHAPE = (40, 16, 16, 3)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def cosines(batch, *ways, limits=(0.1,)):
    return footprint.measured(tf.constant(batch), [tf.constant(way) for way in ways], limits).numpy()


def test_doubt_leads_where_the_cross_entropy_does_and_is_as_steep_for_the_surest_answer():
    logits = tf.constant([[0.5, 0.1, 0.3], [40.0, -40.0, -39.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        doubts = footprint.doubt(logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.argmax(logits, -1), logits)
    slope, usual = tape.gradient(doubts, logits).numpy(), tape.gradient(losses, logits).numpy()
    np.testing.assert_allclose(
        slope[0] / np.linalg.norm(slope[0]), usual[0] / np.linalg.norm(usual[0]), rtol=1e-5
    )
    assert np.abs(usual[1]).max() < 1e-20 < 0.5 < np.abs(slope[1]).max()
    odds = np.exp(doubts[0]), np.exp(logits[0]) / np.exp(logits[0]).sum()
    assert odds[0] == pytest.approx((1 - odds[1][0]) / odds[1][0], rel=1e-5)


def test_what_moved_along_the_slope_has_it_in_common_with_it_and_what_did_not_has_not(rng):
    batch, way = rng.random(SHAPE, np.float32), rng.normal(size=SHAPE).astype(np.float32)
    along, against, chance = (
        cosines(batch * 0.1 + step * np.sign(way), way)[:, 0] for step in (0.02, -0.02, 0.0)
    )
    assert along.min() > 0.3
    assert against.max() < -0.3
    assert np.abs(chance).max() < 0.2


def test_the_size_of_a_slope_does_not_count_and_one_that_vanished_follows_nothing(rng):
    batch, way = rng.random(SHAPE, np.float32), rng.normal(size=SHAPE).astype(np.float32)
    np.testing.assert_allclose(cosines(batch, way), cosines(batch, way * 1e-6), atol=1e-3)
    assert (cosines(batch, way * 0, way)[:, [0, 2, 4]] == 0).all()


def test_a_strong_edge_weighs_no_more_than_the_limit(rng):
    way = rng.normal(size=SHAPE).astype(np.float32)
    moved = 0.5 + 0.01 * np.sign(way)
    moved[:, 8:, :, 0] -= 0.4
    moved[:, :, 8:, 1] += 0.4
    moved[:, 8:, 8:, 2] -= 0.4
    kept, lost = cosines(moved.astype(np.float32), way, limits=(0.02, 1.0)).T[:2]
    assert kept.min() > lost.max() > 0


@pytest.mark.parametrize("attack", [BIM(steps=5), PGD(steps=5)])
def test_an_attack_follows_the_gradient_of_its_network_and_as_much_noise_does_not(
    attack, tiny_photos, photos, rng
):
    batch, labels = photos
    found = attack(tiny_photos, batch, epsilon=8 / 255, labels=labels).images
    noise = rng.choice(np.array([-8 / 255, 8 / 255], np.float32), batch.shape)
    network = partial(tiny_photos.network, training=False)

    def follows(images):
        images = tf.constant(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            doubts = footprint.doubt(network(images))
        return np.abs(footprint.measured(images, [tape.gradient(doubts, images)], [0.02])[:, 0])

    attacked, noisy = follows(found), follows(np.clip(batch + noise, 0, 1))
    assert (attacked[:, None] > noisy).mean() > 0.9


@pytest.fixture(scope="module")
def photos():
    from tests import tiny

    return tiny.shapes(40, seed=9)


@pytest.mark.parametrize("model", ["tiny_photos", "tiny_digits"])
def test_the_inference_runtime_computes_the_same_slopes(model, request):
    """A graph that is told the slopes at each image and at its negative."""
    network = partial(request.getfixturevalue(model).network, training=False)
    shape = request.getfixturevalue(model).input_shape

    def views(batch):
        return tf.concat([batch, 1 - batch], 0)

    def answer(batch, found):
        parts = tf.stack(tf.split(found, 2), 1)
        return tf.reduce_mean(parts * batch[:, None] + tf.abs(parts), axis=(2, 3, 4))

    def waiting(batch, found):
        seen = views(batch)
        return [answer(batch, found), network(seen), seen]

    made = inference.Inference(slopes.with_slopes(inference.converted(waiting, shape, slopes.SLOPES)))
    batch = np.random.default_rng(3).random((5, *shape), np.float32)
    seen = views(tf.constant(batch))
    with tf.GradientTape() as tape:
        tape.watch(seen)
        doubts = footprint.doubt(network(seen))
    expected = answer(tf.constant(batch), tape.gradient(doubts, seen)).numpy()
    for count in (1, 5):
        np.testing.assert_allclose(
            made.run(FORWARD, batch[:count])[0], expected[:count], rtol=1e-3, atol=1e-7
        )

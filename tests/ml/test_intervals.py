"""Interval bounds hold for every image of the box, and nothing is called proven that an attack can change."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ml import architectures
from ml.attacks import PGD
from ml.card import Card, UnsureRule
from ml.classifier import Classifier
from ml.defences import intervals, rounding
from ml.defences.certified import CertifiedTraining, certified, certified_radius, margins
from ml.errors import EpsilonRefused, OptionRefused
from tests.tiny import digits

SHAPE = (8, 8, 1)


def network(*middle: layers.Layer, shape: tuple[int, ...] = SHAPE, classes: int = 4) -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input(shape), *middle, layers.Flatten(), layers.Dense(classes)])


def normalisation() -> layers.BatchNormalization:
    """One whose figures are those of no fresh layer."""
    return layers.BatchNormalization(
        beta_initializer=keras.initializers.RandomNormal(seed=1),
        gamma_initializer=keras.initializers.RandomNormal(seed=2),
        moving_mean_initializer=keras.initializers.RandomNormal(seed=3),
        moving_variance_initializer=keras.initializers.RandomUniform(0.5, 2, seed=4),
    )


CHAINS = {
    "dense": [],
    "convolution": [layers.Conv2D(3, 3, padding="same", activation="relu")],
    "strided": [layers.Conv2D(3, 4, strides=2, padding="valid", use_bias=False), layers.ReLU()],
    "normalised": [layers.Conv2D(3, 3), normalisation(), layers.Activation("relu")],
    "pooled": [layers.Conv2D(3, 3), layers.MaxPooling2D(2), layers.Conv2D(2, 2), layers.AveragePooling2D(2)],
    "contrasted": [layers.Rescaling(9, -4.5), layers.Activation("sigmoid"), layers.Conv2D(3, 3)],
    "dropped": [layers.Conv2D(3, 3, activation="relu"), layers.Dropout(0.5)],
}


@pytest.fixture(params=CHAINS)
def chained(request: pytest.FixtureRequest) -> keras.Model:
    return network(*[type(each).from_config(each.get_config()) for each in CHAINS[request.param]])


def box(images: tf.Tensor, epsilon: float) -> intervals.Triple:
    return images, tf.maximum(images - epsilon, 0), tf.minimum(images + epsilon, 1)


def test_the_logits_are_the_networks_own(chained: keras.Model) -> None:
    images = tf.random.stateless_uniform((6, *SHAPE), (1, 2))
    logits, _ = intervals.margins(intervals.chain(chained), box(images, 0.1), tf.zeros(6, tf.int64))
    np.testing.assert_allclose(logits, chained(images, training=False), atol=1e-5)


def test_in_float64_no_layer_rounds_to_float32(chained: keras.Model) -> None:
    images = tf.random.stateless_uniform((2, *SHAPE), (3, 4), dtype=tf.float64)
    moved = images + tf.where(images < 0.5, tf.constant(1e-10, tf.float64), -1e-10)
    told = [
        intervals.margins(intervals.chain(chained), box(each, 0.0), tf.zeros(2, tf.int64))
        for each in (images, moved)
    ]
    for one, other in zip(*told, strict=True):
        assert one.dtype == tf.float64
        difference = np.abs(one - other).max()
        assert 0 < difference < 1e-7


def test_no_image_of_the_box_has_a_smaller_margin(chained: keras.Model) -> None:
    images = tf.random.stateless_uniform((4, *SHAPE), (5, 6))
    labels = tf.constant([0, 1, 2, 3], tf.int64)
    triple = box(images, 0.2)
    _, bounds = intervals.margins(intervals.chain(chained), triple, labels)
    rng = np.random.default_rng(1)
    for _ in range(200):
        # Corners of the box are where the smallest margins are.
        corner = np.where(rng.random((4, *SHAPE)) < rng.random(), triple[1], triple[2])
        logits = np.asarray(chained(corner, training=False))
        found = np.take_along_axis(logits, labels.numpy()[:, None], axis=1) - logits
        assert (found >= bounds.numpy() - 1e-4).all()


def test_what_float32_computes_lies_within_the_widened_bounds_of_what_it_should(chained: keras.Model) -> None:
    images = tf.random.stateless_uniform((200, *SHAPE), (7, 8), dtype=tf.float64)
    images = tf.cast(tf.cast(images, tf.float32), tf.float64)
    found = keras.Model(chained.inputs, chained.layers[-1].input)(images, training=False).numpy()
    whole = intervals.chain(chained)
    exact, _, _ = intervals.features(whole, box(images, 0.0))
    _, lower, upper = intervals.features(whole, box(images, 0.0), widen=rounding.widened)
    assert ((lower <= found) & (found <= upper)).numpy().all()
    assert np.abs(upper - lower).max() < 0.001
    # Beside the layer of logits the dense chain only reshapes.
    assert (np.abs(found - exact).max() > 0) == (len(whole) > 2)


def test_the_bound_of_an_affine_network_is_exact() -> None:
    made = network()
    weights, bias = made.layers[-1].get_weights()
    images = tf.random.stateless_uniform((1, *SHAPE), (7, 8), 0.3, 0.7)
    _, bounds = intervals.margins(intervals.chain(made), box(images, 0.1), tf.constant([2], tf.int64))
    difference = weights[:, [2]] - weights
    exact = images.numpy().ravel() @ difference + bias[2] - bias - 0.1 * np.abs(difference).sum(axis=0)
    np.testing.assert_allclose(bounds.numpy()[0], exact, atol=1e-5)


def test_a_box_without_extent_bounds_the_margins_themselves(chained: keras.Model) -> None:
    images = tf.random.stateless_uniform((3, *SHAPE), (9, 9))
    logits, bounds = intervals.margins(intervals.chain(chained), box(images, 0.0), tf.zeros(3, tf.int64))
    np.testing.assert_allclose(bounds, logits[:, :1] - logits, atol=1e-4)


def branched() -> keras.Model:
    image = keras.Input(SHAPE)
    two = layers.Conv2D(1, 3, padding="same")(image)
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(layers.Add()([image, two]))))


@pytest.mark.parametrize(
    "made",
    [
        branched(),
        network(layers.Conv2D(2, 3, activation="tanh")),
        network(layers.Conv2D(2, 3, dilation_rate=2)),
        network(layers.ReLU(max_value=6)),
        network(layers.BatchNormalization(scale=False)),
        network(layers.Rescaling(-1, 1)),
        keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2, activation="relu")]),
    ],
    ids=["branched", "tanh", "dilated", "relu6", "no scale", "turned over", "no logits"],
)
def test_a_layer_without_a_rule_is_refused_by_its_name(made: keras.Model) -> None:
    with pytest.raises(OptionRefused, match="ounds"):
        intervals.chain(made)


def test_contrast_narrows_what_a_change_of_a_black_pixel_can_do() -> None:
    shades = np.array([0, 0.1, 0.5, 1], np.float32).reshape(1, 2, 2, 1)
    contrast = layers.Rescaling(20, -10), layers.Activation("sigmoid")
    made = network(*contrast, layers.Conv2D(2, 1), shape=(2, 2, 1))
    seen: list[intervals.Triple] = []
    intervals.margins(intervals.chain(made), box(shades, 0.3), tf.zeros(1, tf.int64), seen=seen)
    ((_, lower, upper),) = seen
    np.testing.assert_allclose(np.ravel(upper - lower), [0.018, 0.119, 0.995, 0.018], atol=1e-3)


@pytest.fixture(scope="module")
def trained() -> Classifier:
    """A small network after interval training on scikit-learn's digits."""
    keras.utils.set_random_seed(1)
    images, labels = digits()
    made = architectures.build("certified-cnn", convolutions=[[8, 5, 2], [16, 4, 2]], dense=32)
    learner = CertifiedTraining(made, epsilon=0.05, begin=20, end=300, tight=0.5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    learner.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"], jit_compile=False)
    learner.fit(images[:1400], labels[:1400], epochs=20, batch_size=64, verbose=0)
    card = Card(
        name="tiny-certified",
        title="Tiny",
        domain="digits",
        architecture="certified-cnn",
        options={},
        class_names=[str(digit) for digit in range(10)],
        input_shape=(28, 28, 1),
        parameters=made.count_params(),
        weights_sha256="",
        unsure=UnsureRule(),
        metrics={},
        confusion_matrix=[],
        data={},
        provenance="",
        licence="",
        seed=1,
        command="",
        trained_on="",
    )
    return Classifier(made, card)


def test_interval_training_gives_proofs_on_digits_never_seen(trained: Classifier) -> None:
    images, labels = digits()
    images, labels = images[1400:], labels[1400:]
    clean = trained.logits(images).argmax(axis=-1) == labels
    proven = certified(trained, images, labels, 0.05)
    assert clean.mean() > 0.85
    assert proven.mean() > 0.5
    assert not (proven & ~clean).any()


def test_no_attack_changes_a_proven_answer(trained: Classifier) -> None:
    images, labels = digits()
    images, labels = images[1400:1500], labels[1400:1500]
    attack = PGD(steps=40, restarts=2)
    for epsilon in (0.03, 0.06, 0.1):
        proven = certified(trained, images, labels, epsilon)
        broken = attack(trained, images, epsilon=epsilon, labels=labels).success
        assert not (proven & broken).any()
    assert broken.any()


def test_a_larger_epsilon_never_proves_more_and_the_radius_is_where_the_proof_ends(
    trained: Classifier,
) -> None:
    images, labels = digits()
    images, labels = images[1400:1440], labels[1400:1440]
    radius = np.rint(certified_radius(trained, images, labels) * 255).astype(int)
    for steps in range(0, 60, 3):
        proven = certified(trained, images, labels, steps / 255)
        assert (proven == ((radius >= steps) & certified(trained, images, labels, 0.0))).all()


def test_the_bounds_are_lowered_by_what_float32_can_differ_by(trained: Classifier) -> None:
    images, labels = digits()
    found = margins(trained, images[:50], labels[:50], 0.0)
    logits = trained.logits(images[:50]).astype(np.float64)
    exact = np.take_along_axis(logits, labels[:50, None], axis=1) - logits
    assert (found < exact).all()
    np.testing.assert_allclose(found, exact, atol=0.01)


def test_nothing_is_proven_of_what_is_left_of_large_terms(trained: Classifier) -> None:
    """A margin of 0.1 between sums of ±10⁷ is less than what float32 can tell."""
    made = network(shape=(28, 28, 1), classes=10)
    weights = np.zeros((784, 10), np.float32)
    weights[::2, 0], weights[1::2, 0] = 1e7, -1e7
    made.layers[-1].set_weights([weights, np.eye(10, dtype=np.float32)[0] / 10])
    grey = np.full((1, 28, 28, 1), 0.5, np.float32)
    assert not certified(Classifier(made, trained.card), grey, [0], 0.0).any()


def test_nothing_is_proven_of_what_is_left_of_large_terms_within(trained: Classifier) -> None:
    """The same where the sums are those of a hidden layer, and nothing large reaches the last."""
    made = network(layers.Flatten(), layers.Dense(1), shape=(28, 28, 1), classes=10)
    weights = np.where(np.arange(784) % 2, -1e7, 1e7).astype(np.float32)[:, None]
    made.layers[1].set_weights([weights, np.array([0.1], np.float32)])
    made.layers[-1].set_weights([np.eye(10, dtype=np.float32)[:1], np.zeros(10, np.float32)])
    grey = np.full((1, 28, 28, 1), 0.5, np.float32)
    model = Classifier(made, trained.card)
    assert (
        (intervals.margins(intervals.chain(made), box(grey, 0.0), tf.constant([0]))[1][0, 1:] > 0.09)
        .numpy()
        .all()
    )
    assert not certified(model, grey, [0], 0.0).any()


def test_nothing_is_proven_of_an_answer_that_the_network_does_not_give(trained: Classifier) -> None:
    class Rounded(Classifier):
        def logits(self, batch):
            return -super().logits(batch)

    images, labels = digits()
    assert certified(trained, images[:50], labels[:50], 0.01).any()
    other = Rounded(trained.network, trained.card)
    assert not certified(other, images[:50], labels[:50], 0.01).any()
    assert not certified_radius(other, images[:50], labels[:50]).any()


def test_epsilon_out_of_range_is_refused(trained: Classifier) -> None:
    with pytest.raises(EpsilonRefused):
        certified(trained, np.zeros((1, 28, 28, 1), np.float32), [0], 1.5)


def test_epsilon_grows_without_a_jump_and_stays_when_it_has_arrived() -> None:
    made = architectures.build("certified-cnn", convolutions=[[2, 5, 4]], dense=4)
    learner = CertifiedTraining(made, epsilon=0.3, begin=100, end=500)
    learner.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    shares = []
    for step in range(0, 700, 10):
        learner.optimizer.iterations.assign(step)
        shares.append(float(learner.grown()))
    assert shares[:11] == [0.0] * 11
    assert shares[50:] == pytest.approx([1.0] * 20)
    assert (np.diff(shares) >= 0).all()
    assert np.diff(shares).max() < 0.035

"""Norms, losses, APGD, Square, MI-FGSM, noise and transfer; each on the tiny networks."""

import dataclasses

import numpy as np
import pytest

from ml.attacks import (
    BIM,
    FGSM,
    MIFGSM,
    PGD,
    GaussianNoise,
    SaltAndPepper,
    Transfer,
    UniformNoise,
    apgd,
    square,
)
from ml.attacks.apgd import APGD, checkpoints
from ml.attacks.base import Problem
from ml.attacks.norms import NORMS
from ml.attacks.square import Square
from ml.classifier import Classifier
from ml.errors import EpsilonRefused, OptionRefused
from tests import tiny

ATTACKS = [
    PGD(steps=10, relative_step=0.25),
    PGD(steps=10, relative_step=0.25, restarts=2, until_solved=True),
    BIM(),
    MIFGSM(),
    APGD(steps=20),
    APGD(steps=20, loss="margin"),
    APGD(steps=10, loss="margin", classes=2),
    Square(queries=60),
    UniformNoise(draws=3),
    GaussianNoise(),
]
NAMES = [type(attack).__name__ for attack in ATTACKS]
every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=[f"{n}-{i}" for i, n in enumerate(NAMES)])
sizes = pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.1), ("l2", 2.0)])


@pytest.fixture(scope="module")
def problem():
    return tiny.shapes(30, seed=21)


@every_attack
@sizes
def test_it_stays_in_the_ball_of_its_norm(attack, norm, epsilon, tiny_photos, problem):
    batch, labels = problem
    result = attack(tiny_photos, batch, epsilon=epsilon, norm=norm, labels=labels)
    moved = (result.images - batch).astype(np.float64)
    measured = np.abs(moved).max() if norm == "linf" else np.sqrt((moved**2).sum(axis=(1, 2, 3))).max()
    assert 0 < measured <= epsilon + 1e-5
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    answers = tiny_photos.logits(result.images).argmax(axis=-1)
    assert np.array_equal(result.success, answers != labels)


@every_attack
def test_each_image_may_have_an_epsilon_of_its_own(attack, tiny_photos, problem):
    batch, labels = problem
    epsilons = np.linspace(0, 0.2, len(batch)).astype(np.float32)
    result = attack(tiny_photos, batch, epsilon=epsilons, labels=labels)
    assert (result.linf <= epsilons + 1e-6).all()
    assert result.linf.max() > 0.05


@every_attack
def test_the_seed_decides(attack, tiny_photos, problem):
    batch, labels = problem
    first, again = (attack(tiny_photos, batch, epsilon=0.1, labels=labels, seed=4).images for _ in range(2))
    assert np.array_equal(first, again)


@every_attack
def test_an_empty_batch_gives_an_empty_result(attack, tiny_photos):
    assert len(attack(tiny_photos, np.zeros((0, 32, 32, 3), np.float32), epsilon=0.1).images) == 0


def test_noise_is_the_weakest_and_apgd_no_weaker_than_fgsm(tiny_photos, problem):
    batch, labels = problem

    def broken(attack):
        return attack(tiny_photos, batch, epsilon=0.1, labels=labels).success.mean()

    assert broken(UniformNoise()) <= broken(FGSM()) <= broken(APGD(steps=40))
    assert broken(APGD(steps=40)) > broken(UniformNoise())


@pytest.mark.parametrize(
    "attack", [APGD(steps=40), Square(queries=300), MIFGSM()], ids=lambda a: type(a).__name__
)
def test_a_target_is_reached(attack, tiny_photos, problem):
    batch, labels = problem
    result = attack(tiny_photos, batch, epsilon=0.5, labels=labels, target=2)
    others = labels != 2
    before = (tiny_photos.logits(batch).argmax(axis=-1) == 2)[others].mean()
    assert result.success[others].mean() > before


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e-12, 1, 1e20])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_steepest_step_does_not_depend_on_the_size_of_the_gradient(norm, size):
    gradient = np.random.default_rng(0).standard_normal((5, 4, 4, 2)).astype(np.float32)
    gradient[0] = 0
    small = gradient * np.float32(size)
    np.testing.assert_allclose(NORMS[norm].steepest(small), NORMS[norm].steepest(gradient), rtol=1e-5)
    assert not NORMS[norm].steepest(small)[0].any()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_momentum_of_mi_fgsm_does_not_depend_on_the_size_of_the_gradient(norm, tiny_photos, problem):
    class Confident(Classifier):
        def gradient(self, *arguments):
            return super().gradient(*arguments) * np.float32(1e-25)

    batch, labels = problem
    plain, confident = (
        MIFGSM()(model, batch, epsilon=0.1, norm=norm, labels=labels).images
        for model in (tiny_photos, Confident(tiny_photos.network, tiny_photos.card))
    )
    assert (plain != batch).any(axis=(1, 2, 3)).all()
    np.testing.assert_allclose(confident, plain, atol=1e-4)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_steepest_step_is_the_one_of_size_one_that_climbs_most(norm):
    rng = np.random.default_rng(0)
    gradient = rng.standard_normal((5, 4, 4, 2)).astype(np.float32) * 1e-20
    step = NORMS[norm].steepest(gradient)
    np.testing.assert_allclose(NORMS[norm].size(step), 1, rtol=1e-5)
    climbed = (step * gradient).sum(axis=(1, 2, 3), dtype=np.float64)
    for _ in range(200):
        other = rng.standard_normal(gradient.shape).astype(np.float32)
        other /= NORMS[norm].size(other)[:, None, None, None]
        assert ((other * gradient).sum(axis=(1, 2, 3), dtype=np.float64) <= climbed + 1e-25).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_random_perturbations_fill_the_ball(norm):
    found = NORMS[norm].random((4000, 1, 2, 1), np.random.default_rng(0))
    assert NORMS[norm].size(found).max() <= 1 + 1e-6
    # In two dimensions a quarter of the area lies within half the radius.
    assert (NORMS[norm].size(found) <= 0.5).mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.03)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_shrinking_finds_the_nearest_point_of_the_ball(norm):
    rng = np.random.default_rng(1)
    moved = rng.standard_normal((50, 3, 3, 1)).astype(np.float32)
    epsilon = np.full((50, 1, 1, 1), 0.7, np.float32)
    near = NORMS[norm].shrink(moved, epsilon)
    assert NORMS[norm].size(near).max() <= 0.7 + 1e-6
    np.testing.assert_array_equal(NORMS[norm].shrink(near, epsilon + 1e-6), near)
    for _ in range(100):
        other = NORMS[norm].random(moved.shape, rng) * 0.7
        assert (
            np.linalg.norm((moved - near).reshape(50, -1), axis=1)
            <= np.linalg.norm((moved - other).reshape(50, -1), axis=1) + 1e-5
        ).all()


def _by_tape(model, batch, loss):
    """∂ Σ loss(logits) / ∂ batch of the plain network, without the frozen graphs."""
    import tensorflow as tf

    images = tf.constant(batch)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(loss(model.network(images, training=False)))
    return tape.gradient(total, images).numpy()


@pytest.mark.parametrize("loss", ["cross-entropy", "margin"])
@pytest.mark.parametrize("targeted", [False, True])
def test_a_climb_gives_logits_loss_and_its_gradient(loss, targeted, tiny_digits):
    import tensorflow as tf

    batch, labels = (each[:20] for each in tiny.digits())
    targets = (labels + 1) % 10
    own, other = np.eye(10, dtype=np.float32)[labels], np.eye(10, dtype=np.float32)[targets]
    formula = {
        ("cross-entropy", False): lambda z: -tf.reduce_sum(own * tf.math.log_softmax(z), axis=-1),
        ("cross-entropy", True): lambda z: tf.reduce_sum(other * tf.math.log_softmax(z), axis=-1),
        ("margin", False): lambda z: tf.reduce_max(z - 1e6 * own, axis=-1) - tf.reduce_sum(own * z, axis=-1),
        ("margin", True): lambda z: tf.reduce_sum((other - own) * z, axis=-1),
    }[loss, targeted]
    climb = tiny_digits.climb(batch, labels, targets if targeted else None, loss=loss)
    np.testing.assert_allclose(climb.logits, tiny_digits.logits(batch), atol=1e-4)
    np.testing.assert_allclose(climb.losses, formula(climb.logits), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(climb.gradient, _by_tape(tiny_digits, batch, formula), rtol=1e-2, atol=1e-4)


def test_a_pullback_is_the_gradient_of_weighted_logits(tiny_digits):
    batch, labels = (each[:20] for each in tiny.digits())
    logits, gradient = tiny_digits.pullback(batch, np.eye(10, dtype=np.float32)[labels])
    np.testing.assert_allclose(logits, tiny_digits.logits(batch), atol=1e-4)
    towards = tiny_digits.pullback(batch, np.eye(10, dtype=np.float32)[(labels + 1) % 10])[1]
    margin = tiny_digits.climb(batch, labels, (labels + 1) % 10, loss="margin").gradient
    np.testing.assert_allclose(towards - gradient, margin, atol=1e-4)


@pytest.mark.parametrize("side", [3, 5, 7, 11])
def test_the_hills_of_square_are_the_papers(side):
    """Equation 2: Σ 1/(n + 1 - k)² over k from 0 to n - d, d being how far a pixel is from the middle."""

    def hill(rows, columns):
        n = max(rows, columns) // 2
        values = np.zeros((rows, columns))
        for row, column in np.ndindex(rows, columns):
            far = max(abs(row - rows // 2), abs(column - columns // 2))
            values[row, column] = sum(1 / (n + 1 - k) ** 2 for k in range(n - far + 1))
        return values / np.linalg.norm(values)

    expected = np.concatenate([hill(side // 2, side), -hill(side - side // 2, side)]) / np.sqrt(2)
    np.testing.assert_allclose(square._hill(side), expected, atol=1e-6)


def test_half_of_the_hills_of_square_lie_on_their_side():
    first, again = (square._turned(np.random.default_rng(2), 4000, 5)[..., 0] for _ in range(2))
    upright, turned = ((first == each).all(axis=(1, 2)) for each in (square._hill(5), square._hill(5).T))
    assert (upright ^ turned).all()
    assert turned.mean() == pytest.approx(0.5, abs=0.03)
    assert np.array_equal(first, again)


def test_apgd_looks_where_the_paper_says():
    assert checkpoints(100) == [22, 41, 57, 70, 80, 87, 93, 99]


def test_apgd_does_not_go_back_from_an_image_that_succeeds(tiny_photos, problem):
    """The record of the loss may be that of another image: of three classes, the one nearer to the label."""
    batch, labels = problem
    where = Problem(
        model=tiny_photos,
        batch=batch,
        labels=labels,
        targets=None,
        norm=NORMS["linf"],
        epsilon=np.full((len(batch), 1, 1, 1), 0.1, np.float32),
        rng=np.random.default_rng(0),
    )
    state = apgd._State(where, "cross-entropy", None)
    state.step(first=True)
    fooled = np.arange(len(batch)) % 2 == 0
    state.answers = np.where(fooled, (labels + 1) % 3, labels)
    state.best, before = batch, state.current.copy()
    state.rises[:] = 0
    state.look(22)
    assert np.array_equal(state.current[fooled], before[fooled])
    assert np.array_equal(state.current[~fooled], batch[~fooled])


def test_transfer_never_asks_the_victim(tiny_photos, problem):
    class Silent(type(tiny_photos)):
        def gradient(self, *_args, **_options):
            raise AssertionError("the victim was asked")

        climb = gradient

    victim = Silent(tiny_photos.network, tiny_photos.card)
    batch, labels = problem
    moved = Transfer(source=tiny_photos)(victim, batch, epsilon=0.2, labels=labels)
    direct = MIFGSM()(tiny_photos, batch, epsilon=0.2, labels=labels)
    np.testing.assert_array_equal(moved.images, direct.images)


def test_transfer_between_models_of_other_classes_is_refused(tiny_photos, problem):
    other = type(tiny_photos)(
        tiny_photos.network, dataclasses.replace(tiny_photos.card, class_names=["Cat", "Car", "Ship"])
    )
    with pytest.raises(OptionRefused, match="do not have the same inputs and classes"):
        Transfer(source=other)(tiny_photos, problem[0], epsilon=0.1)


def test_salt_and_pepper_changes_about_its_share_of_the_pixels(tiny_photos, problem):
    result = SaltAndPepper(share=0.2)(tiny_photos, problem[0])
    assert result.l0.mean() / (32 * 32) == pytest.approx(0.2, abs=0.03)
    changed = (result.images != problem[0]).any(axis=-1)
    assert np.isin(result.images[changed], [0, 1]).all()


@pytest.mark.parametrize("epsilon", [-1.0, np.inf, np.nan, 60.0])
def test_a_wrong_distance_in_l2_is_refused(epsilon, tiny_photos, problem):
    with pytest.raises(EpsilonRefused, match=r"l2 must lie between 0 and 55\.43"):
        PGD()(tiny_photos, problem[0], epsilon=epsilon, norm="l2")


def test_an_attack_without_the_norm_is_refused(tiny_photos, problem):
    with pytest.raises(OptionRefused, match="SaltAndPepper is not defined for the norm l2; it knows linf"):
        SaltAndPepper()(tiny_photos, problem[0], norm="l2")


@pytest.mark.parametrize(
    "wrong",
    [lambda: APGD(steps=0), lambda: APGD(classes=3), lambda: Square(share=0), lambda: UniformNoise(draws=0)],
)
def test_senseless_options_are_refused(wrong):
    with pytest.raises(ValueError, match="must be|only the margin"):
        wrong()

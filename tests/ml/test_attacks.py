"""The attack contract, and FGSM and BIM against CleverHans, Foolbox and ART on the same network."""

import dataclasses
import subprocess

import numpy as np
import pytest

from ml import images, zoo
from ml.attacks import BIM, FGSM, PGD
from ml.errors import EpsilonRefused, OptionRefused
from tests import tiny
from tests.machine import PEERS, ROOT, need
from tests.ml.affine import affine, greys

ATTACKS = [FGSM(), PGD(steps=7, relative_step=0.25), PGD(steps=3, relative_step=0.4, restarts=2)]
every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: type(a).__name__)


@pytest.fixture(scope="module")
def batch():
    return tiny.shapes(30, seed=21)[0]


@every_attack
@pytest.mark.parametrize("epsilon", [0, 1 / 255, 0.03, 0.3, 1])
def test_it_stays_in_the_ball_and_in_range(attack, epsilon, tiny_photos, batch):
    result = attack(tiny_photos, batch, epsilon=epsilon)
    assert result.images.dtype == np.float32
    assert np.abs(result.images - batch).max() <= epsilon + 1e-6
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    np.testing.assert_allclose(result.linf, np.abs(result.images - batch).max(axis=(1, 2, 3)))
    np.testing.assert_allclose(
        result.l2, np.sqrt(((result.images - batch) ** 2).sum(axis=(1, 2, 3))), rtol=1e-3, atol=1e-6
    )


@every_attack
def test_success_is_what_the_model_says_of_the_images(attack, tiny_photos, batch):
    result = attack(tiny_photos, batch, epsilon=0.1)
    answers = tiny_photos.logits(result.images).argmax(axis=-1)
    assert np.array_equal(result.success, answers != tiny_photos.logits(batch).argmax(axis=-1))


@every_attack
def test_a_target_is_what_success_asks_for(attack, tiny_photos, batch):
    result = attack(tiny_photos, batch, epsilon=0.2, target=2)
    assert np.array_equal(result.success, tiny_photos.logits(result.images).argmax(axis=-1) == 2)
    towards = (
        tiny_photos.probabilities(result.images)[:, 2].mean() - tiny_photos.probabilities(batch)[:, 2].mean()
    )
    assert towards > 0.001


@every_attack
def test_the_same_seed_gives_the_same_images(attack, tiny_photos, batch):
    first = attack(tiny_photos, batch, epsilon=0.1, seed=4).images
    assert np.array_equal(first, attack(tiny_photos, batch, epsilon=0.1, seed=4).images)


def test_more_steps_succeed_at_least_as_often(tiny_photos, batch):
    one = FGSM()(tiny_photos, batch, epsilon=0.4).success.mean()
    many = PGD(steps=20, relative_step=0.1, random_start=False)(
        tiny_photos, batch, epsilon=0.4
    ).success.mean()
    assert many >= one > 0


def test_fgsm_is_one_step_of_pgd(tiny_photos, batch):
    step = PGD(steps=1, relative_step=1, random_start=False)
    assert np.array_equal(
        FGSM()(tiny_photos, batch, epsilon=0.05).images, step(tiny_photos, batch, epsilon=0.05).images
    )


def test_pgd_reaches_from_anywhere_in_the_ball_what_fgsm_reaches():
    """On an affine network of two classes that is the best there is, and each step leads there."""
    model = affine(2)[0]
    batch = greys(30, spread=0.02)
    labels = model.logits(batch).argmax(axis=-1)
    best = model.climb(FGSM()(model, batch, epsilon=0.1).images, labels).losses
    for attack in (PGD(), PGD(steps=7), PGD(steps=1)):
        found = attack(model, batch, epsilon=0.1).images
        np.testing.assert_allclose(model.climb(found, labels).losses, best, rtol=1e-4)


def test_the_steps_of_pgd_come_to_two_and_a_half_epsilon_unless_one_is_given(tiny_photos, batch):
    for plain, given in ((PGD(steps=100), 0.025), (PGD(steps=10), 0.25)):
        same = dataclasses.replace(plain, relative_step=given)
        assert np.array_equal(*(each(tiny_photos, batch, epsilon=0.1).images for each in (plain, same)))
    assert BIM().relative_step == 0.1


def test_fgsm_is_the_formula_of_the_paper(tiny_photos, batch):
    labels = tiny_photos.logits(batch).argmax(axis=-1)
    expected = np.clip(batch + np.float32(0.1) * np.sign(tiny_photos.gradient(batch, labels)), 0, 1)
    np.testing.assert_allclose(FGSM()(tiny_photos, batch, epsilon=0.1).images, expected, atol=1e-6)


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_wrong_epsilon_is_refused(epsilon, tiny_photos, batch):
    with pytest.raises(EpsilonRefused, match="between 0 and 1"):
        FGSM()(tiny_photos, batch, epsilon=epsilon)


@pytest.mark.parametrize("options", [{"labels": np.full(30, 3)}, {"target": 3}, {"target": -1}])
def test_a_class_that_is_not_there_is_refused(options, tiny_photos, batch):
    with pytest.raises(OptionRefused, match="from 0 to 2"):
        FGSM()(tiny_photos, batch, epsilon=0.1, **options)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 32, 32, 3), np.float64),
        np.zeros((32, 32, 3), np.float32),
        np.zeros((2, 28, 28, 1), np.float32),
        np.full((2, 32, 32, 3), 255, np.float32),
        np.full((2, 32, 32, 3), np.nan, np.float32),
    ],
)
def test_a_batch_of_another_type_shape_or_range_is_refused(wrong, tiny_photos):
    with pytest.raises(ValueError, match="float32|pixels"):
        FGSM()(tiny_photos, wrong, epsilon=0.1)


def test_an_empty_batch_gives_an_empty_result(tiny_photos):
    assert FGSM()(tiny_photos, np.zeros((0, 32, 32, 3), np.float32), epsilon=0.1).images.shape == (
        0,
        32,
        32,
        3,
    )


def _peers(model, batch, labels, epsilon, steps, step, folder):
    """The same attack by each peer, in their own environment."""
    model.network.save(folder / "network.keras")
    np.savez(folder / "problem.npz", batch=batch, labels=labels, epsilon=epsilon, steps=steps, step=step)
    files = [str(folder / name) for name in ("network.keras", "problem.npz", "out.npz")]
    done = subprocess.run(
        [PEERS, ROOT / "tests" / "peers" / "attack.py", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(folder / "out.npz"))


def _inputs(name):
    if name == "tiny-photos":
        return tiny.shapes(60, seed=5)[0]
    if name == "digits-simple":
        return tiny.digits()[0][:200]
    from predictor.samples import SAMPLES

    return images.load(
        [sample.path for sample in SAMPLES.values() if sample.domain == "photos"], zoo.load(name)
    )


@pytest.mark.peers
@pytest.mark.parametrize(
    ("name", "epsilon"), [("tiny-photos", 8 / 255), ("digits-simple", 0.1), ("vehicles", 4 / 255)]
)
def test_fgsm_equals_the_peers(name, epsilon, tiny_zoo, tmp_path):
    """Within 1e-6 on all but 1e-5 of the pixels: graphs differ in the sign of almost-zero gradients."""
    need(PEERS.exists(), "environment of the peers (make peers)")
    model, batch = zoo.load(name), _inputs(name)
    labels = model.logits(batch).argmax(axis=-1)
    ours = FGSM()(model, batch, epsilon=epsilon, labels=labels).images
    for peer, theirs in _peers(model, batch, labels, epsilon, 1, epsilon, tmp_path).items():
        assert (np.abs(theirs - ours) > 1e-6).mean() <= 1e-5, peer


@pytest.mark.peers
def test_bim_equals_the_peers(tiny_zoo, tmp_path):
    """Within 1e-4 on all but 1e-4 of the pixels, and the same robust accuracy within 0.1 points."""
    need(PEERS.exists(), "environment of the peers (make peers)")
    model, (batch, labels) = zoo.load("tiny-photos"), tiny.shapes(60, seed=5)
    epsilon, steps, step = 16 / 255, 10, 2 / 255
    attack = PGD(steps=steps, relative_step=step / epsilon, random_start=False)
    ours = attack(model, batch, epsilon=epsilon, labels=labels).images
    robust = (model.logits(ours).argmax(axis=-1) == labels).mean()
    for peer, theirs in _peers(model, batch, labels, epsilon, steps, step, tmp_path).items():
        assert (np.abs(theirs - ours) > 1e-4).mean() <= 1e-4, peer
        assert abs((model.logits(theirs).argmax(axis=-1) == labels).mean() - robust) <= 1e-3, peer

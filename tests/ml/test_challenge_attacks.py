"""How the challenge attacks and counts, and the adversarial training that it does."""

import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest

from ml import architectures
from ml.attacks import Attack
from ml.datasets.mnist import Split
from ml.defences.adversarial import AdversarialTraining
from ml.images import to_float
from ml.training.challenge.attacks import attacks, fgsm, loss_and_accuracy, robust_accuracy
from ml.training.challenge.slips import limited
from ml.training.fit import fit
from tests.tiny import digits


@pytest.fixture(scope="module")
def split() -> Split:
    images, labels = digits()
    return Split(np.rint(images[:640] * 255).astype(np.uint8), labels[:640])


def hardened(**changed: float) -> AdversarialTraining:
    keras.utils.set_random_seed(1)
    options = {"epsilon": 0.3, "steps": 2, "relative_step": 0.6, "warm_up": 0, "clean": 0.0, "seed": 3}
    made = AdversarialTraining(architectures.build("challenge-cnn", dropout=0.0), **{**options, **changed})
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"], jit_compile=False)
    return made


def test_loss_and_accuracy_are_those_that_keras_evaluates(tiny_digits, split: Split) -> None:
    images = to_float(split.images)
    tiny_digits.network.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    loss, accuracy = tiny_digits.network.evaluate(images, split.labels, verbose=0)
    found = loss_and_accuracy(tiny_digits, images, split.labels)
    assert found == pytest.approx((loss, accuracy), rel=1e-3)


def test_no_pixel_moves_further_than_the_limit_nor_out_of_range() -> None:
    images = np.array([0.0, 0.5, 0.5, 0.9], np.float32).reshape(1, 2, 2, 1)
    attacked = np.array([0.01, 0.95, 0.0, 1.5], np.float32).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(limited(images, attacked, 0.3).ravel(), [0.01, 0.8, 0.2, 1.0], atol=1e-6)


def test_their_limit_changes_nothing_at_their_epsilon(tiny_digits, split: Split) -> None:
    images = to_float(split.images[:20])
    attacked = fgsm(tiny_digits, images, split.labels[:20], 0.01)
    np.testing.assert_allclose(limited(images, attacked), attacked, atol=1e-6)


@dataclass(frozen=True, kw_only=True)
class Correcting(Attack):
    """No attack at all: every image becomes one that is answered with its label."""

    images: np.ndarray

    def run(self, problem) -> np.ndarray:
        return self.images[problem.labels]


def test_an_image_that_only_the_attack_makes_right_counts_as_wrong(tiny_digits, split: Split) -> None:
    answers = tiny_digits.logits(to_float(split.images)).argmax(axis=-1)
    one_of_each = to_float(split.images[[int(np.flatnonzero(answers == label)[0]) for label in range(10)]])
    labels = np.where(np.arange(640) < 160, (answers + 1) % 10, answers)
    shifted = Split(split.images, labels)
    assert robust_accuracy(tiny_digits, shifted, Correcting(images=one_of_each), 1.0, "test") == 0.75


def test_every_image_is_attacked_whatever_their_number(tiny_digits, split: Split) -> None:
    whole = robust_accuracy(tiny_digits, split, attacks(5)["FGSM"], 0.1, "test")
    images = to_float(split.images)
    clean = tiny_digits.logits(images).argmax(axis=-1) == split.labels
    under = tiny_digits.logits(fgsm(tiny_digits, images, split.labels, 0.1)).argmax(axis=-1) == split.labels
    assert whole == pytest.approx(np.mean(clean & under), abs=0.005)
    assert robust_accuracy(tiny_digits, split, attacks(10)["PGD-10"], 0.1, "test") <= whole + 0.01


def test_adversarial_images_stay_in_the_ball_and_raise_the_loss(split: Split) -> None:
    model = hardened(epsilon=0.1)
    images, labels = to_float(split.images[:64]), split.labels[:64]
    model.fit(to_float(split.images), split.labels, epochs=3, verbose=0)
    attacked = np.asarray(model.attacked(images, labels))
    assert np.abs(attacked - images).max() <= 0.1 + 1e-6
    assert np.abs(attacked - images).max() > 0.099
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    losses = [float(model.loss(labels, model(batch, training=False))) for batch in (images, attacked)]
    assert losses[1] > 1.5 * losses[0]


def test_epsilon_grows_evenly_over_the_warm_up(split: Split) -> None:
    model = hardened(warm_up=4)
    images, labels = to_float(split.images[:32]), split.labels[:32]
    reached = []
    for done in range(6):
        model.optimizer.iterations.assign(done)
        reached.append(float(np.abs(np.asarray(model.attacked(images, labels)) - images).max()))
    np.testing.assert_allclose(reached, [0.075, 0.15, 0.225, 0.3, 0.3, 0.3], atol=1e-3)


def test_the_clean_share_of_a_batch_is_left_as_it_is(split: Split, monkeypatch) -> None:
    given: list[np.ndarray] = []
    model = hardened(clean=0.25)
    monkeypatch.setattr(
        keras.Model, "train_step", lambda self, data: given.append(np.asarray(data[0])) or {"loss": 0.0}
    )
    images, labels = to_float(split.images[:40]), split.labels[:40]
    model.train_step((images, labels))
    changed = np.abs(given[0] - images).max(axis=(1, 2, 3)) > 0
    assert changed.tolist() == [False] * 10 + [True] * 30


def test_adversarial_training_learns_and_goes_on_where_it_was_stopped(split: Split, tmp_path: Path) -> None:
    images, labels = to_float(split.images), split.labels

    def trained(epochs: int) -> tuple[AdversarialTraining, dict]:
        model = hardened(epsilon=0.1, warm_up=10)
        history = fit(model, images, y=labels, epochs=epochs, folder=tmp_path, seed=1, resume=True)
        return model, history

    first, _ = trained(2)
    assert int(first.optimizer.iterations) == 40
    state = tmp_path / "state.json"
    state.write_text(state.read_text().replace('"finished": true', '"finished": false'))
    second, history = trained(4)
    assert int(second.optimizer.iterations) == 80
    assert len(history["loss"]) == 4
    assert history["loss"][-1] < history["loss"][0] / 2

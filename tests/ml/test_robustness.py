"""The cascade `Auto`, robust accuracy, and the signs of masked gradients."""

import numpy as np
import pytest

from ml import classifier
from ml.attacks import APGD, BIM, FAB, FGSM, MIFGSM, PGD, Attack, Auto, GaussianNoise, Square, UniformNoise
from ml.attacks.auto import stages
from ml.evaluation.robustness import attacked, signs_of_masking
from tests import tiny

OTHERS = [
    FGSM(),
    BIM(),
    MIFGSM(),
    PGD(steps=100, restarts=3),
    UniformNoise(draws=20),
    GaussianNoise(draws=20),
]


@pytest.fixture(scope="module")
def problem():
    return tiny.shapes(30, seed=21)


@pytest.fixture(scope="module")
def solved(tiny_photos, problem):
    batch, labels = problem
    return Auto()(tiny_photos, batch, epsilon=0.1, labels=labels).success


@pytest.mark.parametrize("attack", OTHERS, ids=lambda attack: type(attack).__name__)
def test_no_other_attack_succeeds_where_auto_did_not(attack, solved, tiny_photos, problem):
    batch, labels = problem
    also = attack(tiny_photos, batch, epsilon=0.1, labels=labels).success
    assert (also & ~solved).mean() <= 0.005


def test_auto_works_in_l2_and_leaves_some_images_to_a_small_epsilon(tiny_photos, problem):
    batch, labels = problem
    few = Auto()(tiny_photos, batch[:4], epsilon=0.2, norm="l2", labels=labels[:4])
    assert few.l2.max() <= 0.2 + 1e-5
    assert not few.success.all()


def test_the_cascade_asks_what_the_issue_asks_at_least():
    digits, photos = stages((28, 28, 1), 10), stages((224, 224, 3), 3)
    assert [type(attack) for attack in digits] == [BIM, APGD, APGD, FAB, Square]
    assert [attack.steps for attack in digits[1:4]] == [100, 100, 100]
    assert (digits[4].queries, photos[4].queries) == (5000, 1000)
    assert (digits[2].classes, photos[2].classes) == (9, 2)
    assert [type(attack) for attack in stages((28, 28, 1), 2)] == [BIM, APGD, APGD, FAB, Square]


def test_robust_accuracy_counts_every_image_by_its_true_label(tiny_photos, problem):
    batch, labels = problem
    wrong = np.where(np.arange(30) < 6, (labels + 1) % 3, labels)
    clean = (tiny_photos.logits(batch).argmax(axis=-1) == wrong).mean()
    assert clean < 0.9
    assert attacked(FGSM(), tiny_photos, batch, wrong, epsilon=0).robust_accuracy == pytest.approx(clean)
    outcome = attacked(PGD(), tiny_photos, batch, wrong, epsilon=0.2)
    assert outcome.robust_accuracy < clean
    assert not outcome.right[:6].any()


def test_chunks_change_nothing_and_are_resumed(tiny_photos, problem, tmp_path):
    batch, labels = problem
    whole = attacked(FGSM(), tiny_photos, batch, labels, epsilon=0.1)
    parts = attacked(FGSM(), tiny_photos, batch, labels, epsilon=0.1, chunk=10, folder=tmp_path)
    assert np.array_equal(whole.right, parts.right)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.npy", "10.npy", "20.npy"]

    class Never(FGSM):
        def run(self, problem):
            raise AssertionError("computed again")

    again = attacked(Never(), tiny_photos, batch, labels, epsilon=0.1, chunk=10, folder=tmp_path)
    assert np.array_equal(again.right, parts.right)


def test_an_attack_that_cheats_is_not_believed(tiny_photos, problem, monkeypatch):
    batch, labels = problem

    class Cheat(Attack):
        def run(self, problem):
            return problem.batch

    class Result:
        images = 1 - batch

    monkeypatch.setattr(Attack, "__call__", lambda *args, **options: Result())
    outcome = attacked(Cheat(), tiny_photos, batch, labels, epsilon=0.01)
    clean = tiny_photos.logits(batch).argmax(axis=-1) == labels
    assert np.array_equal(outcome.right, clean)


class Masked(classifier.Classifier):
    """Answers as before, but its gradient is gone, as behind a step or a saturated softmax."""

    def gradient(self, batch, labels):
        return np.zeros_like(batch)


def test_a_model_that_hides_its_gradient_is_noticed(tiny_photos, problem):
    batch, labels = problem
    masked = Masked(tiny_photos.network, tiny_photos.card)
    found = {sign.name for sign in signs_of_masking(masked, batch, labels, epsilon=0.2)}
    assert {"vanished-gradients", "black-box-wins", "unbounded-fails"} <= found


def test_an_honest_model_gives_no_sign(tiny_photos, problem):
    batch, labels = problem
    assert signs_of_masking(tiny_photos, batch, labels, epsilon=0.1) == []

"""The cascade `Auto`, robust accuracy, and the signs of masked gradients."""

from types import SimpleNamespace

import numpy as np
import pytest

from ml import classifier
from ml.attacks import APGD, BIM, FAB, FGSM, PGD, Attack, Auto, Transfer
from ml.attacks.registry import ATTACKS, make
from ml.errors import OptionRefused
from ml.evaluation import kept
from ml.evaluation.robustness import attacked, signs_of_masking
from tests import tiny
from tests.ml.affine import affine

# Every attack that ε bounds, so that a new one is held against the cascade as soon as it has a name.
OTHERS = [
    name for name, entry in ATTACKS.items() if entry.bounded and "linf" in entry.norms and name != "auto"
]
STRONGER = {
    "pgd": {"steps": 100, "restarts": 3, "until_solved": True},
    "apgd": {"restarts": 2},
    "square": {"queries": 1000},
    "uniform-noise": {"draws": 20},
    "gaussian-noise": {"draws": 20},
}


@pytest.fixture(scope="module")
def problem():
    return tiny.shapes(30, seed=21)


@pytest.fixture(scope="module")
def solved(tiny_photos, problem):
    batch, labels = problem
    return Auto()(tiny_photos, batch, epsilon=0.1, labels=labels).success


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_attack_succeeds_where_auto_did_not(name, solved, tiny_photos, problem):
    batch, labels = problem
    attack = make(name, STRONGER.get(name), source=tiny_photos)
    also = attack(tiny_photos, batch, epsilon=0.1, norm="linf", labels=labels).success
    assert 0 < solved.mean() < 1
    assert (also & ~solved).mean() <= 0.005


def test_auto_works_in_l2_and_leaves_some_images_to_a_small_epsilon(tiny_photos, problem, monkeypatch):
    monkeypatch.setattr("ml.attacks.auto.LARGE", 0)  # as few questions as about a photo
    batch, labels = problem
    few = Auto()(tiny_photos, batch[:4], epsilon=0.2, norm="l2", labels=labels[:4])
    assert few.l2.max() <= 0.2 + 1e-5
    assert not few.success.all()


def test_the_cascade_asks_what_the_issue_asks_at_least(tiny_digits, tiny_photos):
    digits = Auto().parts(tiny_digits)
    assert list(digits) == ["BIM", "APGD", "APGD-T", "FAB-T", "Square"]
    assert [digits[name].steps for name in ("APGD", "APGD-T", "FAB-T")] == [100, 100, 100]
    assert (digits["APGD"].loss, digits["APGD-T"].loss) == ("cross-entropy", "margin")
    assert (digits["APGD-T"].classes, digits["FAB-T"].classes, digits["FAB-T"].separately) == (9, 9, True)
    assert digits["Square"].queries == 5000
    assert Auto().parts(tiny_photos)["APGD-T"].classes == 2
    assert list(Auto().parts(affine(2)[0])) == list(digits)


def test_the_cascade_asks_less_about_a_photo():
    photos = SimpleNamespace(input_shape=(224, 224, 3), class_names=["Bike", "Car", "Ship"])
    assert Auto().parts(photos)["Square"].queries == 1000


def test_robust_accuracy_counts_every_image_by_its_true_label(tiny_photos, problem):
    batch, labels = problem
    wrong = np.where(np.arange(30) < 6, (labels + 1) % 3, labels)
    clean = (tiny_photos.logits(batch).argmax(axis=-1) == wrong).mean()
    assert clean < 0.9
    assert attacked(FGSM(), tiny_photos, batch, wrong, epsilon=0).robust_accuracy == pytest.approx(clean)
    outcome = attacked(PGD(), tiny_photos, batch, wrong, epsilon=0.2)
    assert outcome.robust_accuracy < clean
    assert not outcome.right[:6].any()


class Short(Auto):
    """A cascade whose parts are quick."""

    def parts(self, model):
        return {"BIM": BIM(), "APGD": APGD(steps=20), "FAB": FAB(steps=5)}


def test_an_image_is_booked_on_the_part_of_the_cascade_that_it_fell_to(tiny_photos, problem):
    batch, labels = problem
    wrong = np.where(np.arange(30) < 6, (labels + 1) % 3, labels)
    outcome = attacked(Short(), tiny_photos, batch, wrong, epsilon=0.1)
    assert outcome.parts == ("BIM", "APGD", "FAB")
    assert np.array_equal(outcome.fell_to == "clean", ~outcome.clean)
    assert np.array_equal(outcome.fell_to == "", outcome.right)
    assert sum(outcome.fallen().values()) + outcome.right.sum() == 30
    assert list(outcome.fallen()) == ["clean", *outcome.parts]
    first = BIM()(tiny_photos, batch, epsilon=0.1, labels=wrong).success & outcome.clean
    assert outcome.fallen()["BIM"] == first.sum() > 0
    assert outcome.attack_success == pytest.approx(1 - outcome.right.sum() / outcome.clean.sum())


def test_a_model_that_is_never_right_leaves_nothing_to_attack(tiny_photos, problem):
    batch = problem[0]
    wrong = (tiny_photos.logits(batch).argmax(axis=-1) + 1) % 3
    outcome = attacked(Never(), tiny_photos, batch, wrong, epsilon=0.1)
    assert (outcome.clean_accuracy, outcome.robust_accuracy, outcome.attack_success) == (0, 0, 0)


class Never(FGSM):
    def run(self, problem):
        raise AssertionError("attacked although there is nothing to attack")


def test_chunks_change_nothing_and_are_resumed(tiny_photos, problem, tmp_path, monkeypatch):
    batch, labels = problem
    assert (tiny_photos.logits(batch).argmax(axis=-1) == labels).all()
    whole = attacked(FGSM(), tiny_photos, batch, labels, epsilon=0.1)
    parts = attacked(FGSM(), tiny_photos, batch, labels, epsilon=0.1, chunk=10, folder=tmp_path)
    assert np.array_equal(whole.right, parts.right)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["FGSM-0.npy", "FGSM-10.npy", "FGSM-20.npy", "question.json", "seconds.json"]
    monkeypatch.setattr(FGSM, "run", Never.run)
    again = attacked(FGSM(), tiny_photos, batch, labels, epsilon=0.1, chunk=10, folder=tmp_path)
    assert np.array_equal(again.right, parts.right)
    assert again.seconds == parts.seconds > 0


def test_a_cascade_is_resumed_where_it_was_stopped(tiny_photos, problem, tmp_path, monkeypatch):
    batch, labels = problem
    arguments = {"epsilon": 0.1, "chunk": 10}
    whole = attacked(Short(), tiny_photos, batch, labels, **arguments)
    with monkeypatch.context() as patch:
        patch.setattr(FAB, "run", Never.run)
        with pytest.raises(AssertionError, match="nothing to attack"):
            attacked(Short(), tiny_photos, batch, labels, folder=tmp_path, **arguments)
    before = kept.seconds(tmp_path)
    for done in (BIM, APGD):
        monkeypatch.setattr(done, "run", Never.run)
    resumed = attacked(Short(), tiny_photos, batch, labels, folder=tmp_path, **arguments)
    assert np.array_equal(resumed.fell_to, whole.fell_to)
    assert resumed.seconds > before > 0


@pytest.mark.parametrize(
    "other",
    [
        {"epsilon": 0.2},
        {"norm": "l2"},
        {"seed": 1},
        {"attack": PGD(steps=3)},
        {"attack": Transfer(source="tiny-photos", attack=FGSM())},
        {"shift": 0.01},
    ],
    ids=str,
)
def test_a_folder_with_the_answers_to_another_question_is_refused(other, tiny_photos, problem, tmp_path):
    batch, labels = problem
    asked = {"attack": FGSM(), "epsilon": 0.1, "norm": "linf", "seed": 0, "shift": 0.0}

    def ask(attack, shift, **options):
        if isinstance(attack, Transfer):
            attack = Transfer(source=tiny_photos, attack=attack.attack)
        moved = np.clip(batch + np.float32(shift), 0, 1)
        attacked(attack, tiny_photos, moved, labels, folder=tmp_path, **options)

    ask(**asked)
    with pytest.raises(OptionRefused, match="holds the answers to another question"):
        ask(**asked | other)


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
